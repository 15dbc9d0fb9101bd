import { Logger } from '@nestjs/common';
import type { Job, JobStore } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';

/** Why an owner stops; closed set. */
export type LeaseEnd = 'cancel-requested' | 'lost';

export interface JobLeaseParts {
  readonly jobs: Pick<JobStore, 'save'>;
  readonly clock: Clock;
  readonly leaseMs: number;
  /** Progress is saved so often, when there is any; unit ms. */
  readonly checkpointMs: number;
  readonly progress: () => unknown;
}

/** Saves of an idle owner in one lease. */
const SAVES_PER_LEASE = 5;

/**
 * Keeps a job with its owner and its progress in the store.
 *
 * Promise: `signal` fires when somebody else may have the job, or wants it to end; what cannot be
 * saved is tried again until then.
 */
export class JobLease {
  private readonly logger = new Logger('Jobs');
  private readonly controller = new AbortController();
  private saving: Promise<void> = Promise.resolve();
  private cancelTimer: () => void = () => undefined;
  private savedMs: number;
  private ended: LeaseEnd | null = null;
  private isStopped = false;
  private isChanged = false;

  constructor(
    private readonly job: Pick<Job, 'id' | 'fence'>,
    private readonly parts: JobLeaseParts,
  ) {
    this.savedMs = parts.clock.monotonicMs();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** null while the job is owned and wanted. */
  get end(): LeaseEnd | null {
    return this.ended;
  }

  start(): void {
    const { clock, checkpointMs } = this.parts;
    this.cancelTimer = clock.setTimer(() => void this.tick(), checkpointMs);
  }

  /** There is progress: it is saved with the next tick. */
  changed(): void {
    this.isChanged = true;
  }

  /** Saves now. */
  async save(): Promise<void> {
    this.saving = this.saving.then(() => this.trySave());
    await this.saving;
  }

  /** Saves no more; resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.cancelTimer();
    await this.saving;
  }

  private async tick(): Promise<void> {
    const { clock, leaseMs } = this.parts;
    const isDue = clock.monotonicMs() - this.savedMs >= leaseMs / SAVES_PER_LEASE;
    if (this.isChanged || isDue) await this.save();
    if (!this.isStopped && this.ended === null) this.start();
  }

  private async trySave(): Promise<void> {
    if (this.isStopped || this.ended !== null) return;
    const { jobs, clock, leaseMs, progress } = this.parts;
    const { id, fence } = this.job;
    const startedMs = clock.monotonicMs();
    this.isChanged = false;
    try {
      const answer = await jobs.save(id, fence, { progress: progress(), leaseMs });
      // Counted from before the call: the store began its lease later.
      if (answer === 'saved') this.savedMs = startedMs;
      else this.finish(answer);
    } catch (error) {
      this.isChanged = true;
      const what = error instanceof Error ? error.message : String(error);
      this.logger.warn({ event: 'job.not_saved', job: id, error: what }, `job ${id}: ${what}`);
      if (clock.monotonicMs() - this.savedMs >= leaseMs) this.finish('lost');
    }
  }

  private finish(end: LeaseEnd): void {
    this.ended = end;
    this.controller.abort(new Error(end));
  }
}
