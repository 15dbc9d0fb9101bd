import { Logger } from '@nestjs/common';
import { MillraceError } from 'millrace/errors';
import type { AuditLog, Job, JobStore, Shadow, ShadowEnd } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { sleep } from 'millrace/retry';
import { progressOf, replaySpecOf } from './replay.job';

export interface ReplayRunParts {
  readonly start: () => Promise<Shadow>;
  readonly jobs: Pick<JobStore, 'save' | 'release' | 'finish'>;
  readonly audit: Pick<AuditLog, 'append'>;
  readonly clock: Clock;
  /** Fires when the process drains. */
  readonly signal: AbortSignal;
  /** Unit ms. */
  readonly saveMs: number;
  /** Unit ms. */
  readonly leaseMs: number;
}

/** How long a shadow group may take to finish what is in hand; unit ms. */
const STOP_MS = 5_000;

/** Why a run does not go on. */
type Stop = 'cancelled' | 'lost' | 'drained';

/**
 * Carries out one replay that this process has taken: shadow group, progress, end.
 *
 * Promises: ends the shadow group before its lease does, when the store does not answer; what is said
 * after the job was lost changes nothing.
 */
export class ReplayRun {
  private readonly logger = new Logger('Replay');
  private progress: unknown;

  constructor(
    private readonly job: Job,
    private readonly parts: ReplayRunParts,
  ) {
    this.progress = job.progress;
  }

  /** @throws {MillraceError} when it cannot go on now: the lease ends, and somebody takes it again. */
  async carryOut(): Promise<void> {
    const { id, fence } = this.job;
    let shadow: Shadow;
    try {
      shadow = await this.parts.start();
    } catch (error) {
      await this.onNotStarted(error);
      return;
    }
    this.say(`replay ${id} runs as group ${shadow.groupId}`);
    const stop = await this.watch(shadow);
    if (stop !== null) await shadow.stop({ deadlineMs: STOP_MS });
    const end = await shadow.ended;
    this.progress = progressOf(shadow.groupId, shadow.progress());
    if (stop === 'lost') return;
    if (end.state === 'stopped' && stop !== 'cancelled') {
      await this.parts.jobs.release(id, fence, this.progress);
      this.say(`replay ${id} is given back`);
      return;
    }
    await this.finish(end);
  }

  /** Saves until the shadow group has ended, or must. @returns null when it has ended by itself. */
  private async watch(shadow: Shadow): Promise<Stop | null> {
    const { clock, saveMs, leaseMs, signal } = this.parts;
    let savedMs = clock.monotonicMs();
    for (;;) {
      if (await this.hasEnded(shadow, saveMs)) return null;
      if (signal.aborted) return 'drained';
      try {
        const answer = await this.save(shadow);
        if (answer === 'lost') return 'lost';
        if (answer === 'cancel-requested') return 'cancelled';
        savedMs = clock.monotonicMs();
      } catch (error) {
        // Before somebody else may take it.
        if (clock.monotonicMs() - savedMs + saveMs + STOP_MS > leaseMs) return 'lost';
        this.say(`progress of replay ${this.job.id} is saved later: ${messageOf(error)}`);
      }
    }
  }

  /** Waits until the shadow group has ended, or some time, or the drain. */
  private async hasEnded(shadow: Shadow, waitMs: number): Promise<boolean> {
    const { clock, signal } = this.parts;
    const patience = new AbortController();
    const either = AbortSignal.any([patience.signal, signal]);
    const waited = sleep(clock, waitMs, either).then(
      () => false,
      () => false,
    );
    const first = await Promise.race([shadow.ended.then(() => true), waited]);
    patience.abort();
    return first;
  }

  private save(shadow: Shadow) {
    const { jobs, leaseMs } = this.parts;
    const { id, fence } = this.job;
    const progress = progressOf(shadow.groupId, shadow.progress());
    return jobs.save(id, fence, { progress, leaseMs });
  }

  private async onNotStarted(error: unknown): Promise<void> {
    const { jobs, signal } = this.parts;
    const { id, fence } = this.job;
    if (signal.aborted) {
      await jobs.release(id, fence, this.progress);
      return;
    }
    if (!(error instanceof MillraceError) || mayPass(error)) throw error;
    await this.finish({ state: 'failed', error });
  }

  private async finish(end: ShadowEnd): Promise<void> {
    const { jobs, audit, clock } = this.parts;
    const { id, fence, audit: wanted, spec } = this.job;
    const state = end.state === 'stopped' ? 'cancelled' : end.state;
    const error =
      end.state === 'failed' ? { code: end.error.code, message: end.error.message } : undefined;
    const isOurs = await jobs.finish(id, fence, state, this.progress, error);
    if (!isOurs) return;
    const { groupId, topic } = replaySpecOf({ spec });
    await audit.append({
      by: wanted.by,
      reason: wanted.reason,
      at: new Date(clock.now()),
      action: 'replay.end',
      target: { groupId, topic },
      jobId: id,
      result: { state, progress: this.progress, ...(error === undefined ? {} : { error }) },
    });
    this.say(`replay ${id} has ended: ${state}`);
  }

  private say(what: string): void {
    this.logger.log({ event: 'replay', job: this.job.id }, what);
  }
}

/** An outage ends, and so does the membership of a process that was killed; anything else stays. */
function mayPass({ failure, code }: MillraceError): boolean {
  return failure === 'infrastructure' || code === 'GROUP_HAS_MEMBERS';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
