import { Logger } from '@nestjs/common';
import { MillraceError } from 'millrace/errors';
import type { AuditLog, Job, JobStore, Shadow, ShadowSpec, Subscription } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { sleep } from 'millrace/retry';
import { rangesOf, replaySpecOf, shadowGroupOf } from './replay.job';
import { ReplayRun } from './replay.run';

/** How the worker is timed. */
export const REPLAY_WORKER_DEFAULTS = Object.freeze({
  /** How often it looks for a replay to take; unit ms. */
  pollMs: 2_000,
  /** How often progress is saved; unit ms. */
  saveMs: 2_000,
  /** A process that has not saved for so long has lost its replay; unit ms. */
  leaseMs: 30_000,
  /** Replays of one process at the same time. */
  maxRuns: 4,
});

export interface ReplayWorkerParts {
  readonly jobs: JobStore;
  readonly audit: Pick<AuditLog, 'append'>;
  /** Runs shadow groups; see `PipelineRuntime`. */
  readonly runtime: {
    readonly process: string;
    startShadow(spec: ShadowSpec): Promise<Shadow>;
  };
  readonly subscriptions: () => readonly Subscription[];
  readonly clock: Clock;
  readonly times?: Partial<typeof REPLAY_WORKER_DEFAULTS>;
}

/**
 * Runs the replays of the handlers of this process.
 *
 * Promises: a replay that was begun elsewhere goes on where it was; progress is saved while it runs;
 * a drain gives replays back for another process; a replay of other handlers is left alone.
 */
export class ReplayWorker {
  private readonly logger = new Logger('Replay');
  private readonly runs = new Map<string, Promise<void>>();
  private readonly abort = new AbortController();
  private readonly times: typeof REPLAY_WORKER_DEFAULTS;
  private looking: Promise<void> | null = null;

  constructor(private readonly parts: ReplayWorkerParts) {
    this.times = { ...REPLAY_WORKER_DEFAULTS, ...parts.times };
  }

  /** Begins to look for replays; returns at once. */
  start(): void {
    this.looking ??= this.look();
  }

  /** Takes no more, stops what runs and gives it back. Never rejects. */
  async drain(): Promise<void> {
    this.abort.abort(new Error('draining'));
    await this.looking;
    await Promise.all(this.runs.values());
  }

  private async look(): Promise<void> {
    const { signal } = this.abort;
    while (!signal.aborted) {
      try {
        await this.takeNext();
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        this.logger.warn(
          { event: 'replay.store_away', error: what },
          `replays are looked for again later: ${what}`,
        );
      }
      await sleep(this.parts.clock, this.times.pollMs, signal).catch(() => undefined);
    }
  }

  private async takeNext(): Promise<void> {
    const { jobs, runtime } = this.parts;
    for (const candidate of await this.candidates()) {
      if (this.runs.size >= this.times.maxRuns || this.abort.signal.aborted) return;
      const { leaseMs } = this.times;
      const job = await jobs.claim(['replay'], runtime.process, leaseMs, candidate.id);
      if (job !== null) this.run(job);
    }
  }

  /** Replays of handlers that are here, oldest first; the store decides who gets one. */
  private async candidates(): Promise<readonly Job[]> {
    const { jobs, subscriptions } = this.parts;
    const own = new Set(
      subscriptions().map(({ options, topic }) => JSON.stringify([options.groupId, topic])),
    );
    if (own.size === 0) return [];
    const waiting = await jobs.list({ kind: 'replay', state: 'waiting', limit: 1_000 });
    const running = await jobs.list({ kind: 'replay', state: 'running', limit: 1_000 });
    return [...running, ...waiting]
      .filter((job) => {
        const { groupId, topic } = replaySpecOf(job);
        return !this.runs.has(job.id) && own.has(JSON.stringify([groupId, topic]));
      })
      .sort((one, two) => (one.id < two.id ? -1 : 1));
  }

  private run(job: Job): void {
    const run = this.carryOut(job)
      .catch((error: unknown) => {
        const code = error instanceof MillraceError ? error.code : undefined;
        const what = error instanceof Error ? error.message : String(error);
        // Its lease ends, and it is taken again.
        this.logger.warn(
          { event: 'replay.interrupted', job: job.id, error_code: code, error: what },
          `replay ${job.id} is interrupted and goes on later: ${what}`,
        );
      })
      .finally(() => this.runs.delete(job.id));
    this.runs.set(job.id, run);
  }

  private async carryOut(job: Job): Promise<void> {
    const spec = replaySpecOf(job);
    const { groupId, topic, ratePerSecond } = spec;
    const shadowGroupId = shadowGroupOf(groupId, job.id);
    const { jobs, audit, runtime, clock } = this.parts;
    const run = new ReplayRun(job, {
      start: () =>
        runtime.startShadow({
          groupId,
          shadowGroupId,
          topic,
          ranges: rangesOf(spec),
          ratePerSecond,
        }),
      jobs,
      audit,
      clock,
      signal: this.abort.signal,
      saveMs: this.times.saveMs,
      leaseMs: this.times.leaseMs,
    });
    await run.carryOut();
  }
}
