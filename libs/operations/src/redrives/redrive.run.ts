import { Logger } from '@nestjs/common';
import { MillraceError } from 'millrace/errors';
import type { AdminPort, AuditLog, JobStore, Offset } from 'millrace/pipeline';
import type { Clock, Random } from 'millrace/retry';
import { exponential, sleep } from 'millrace/retry';
import type { DeadLetter } from '../dead-letters/dead-letter';
import type { DeadLetters } from '../dead-letters/dead-letters';
import type { LetterRange } from '../dead-letters/letter.topics';
import { JobLease } from './job.lease';
import { isAddressed, refusalOf } from './redrive.judge';
import type { AddressedLetter } from './redrive.judge';
import { selectionOf } from './redrive.order';
import { RedrivePace } from './redrive.pace';
import { RedriveBook, noneRefused } from './redrive.progress';
import { readRange } from './redrive.ranges';
import { redrivenRecord } from './redrive.record';
import type { RedriveSender } from './redrive.sender';
import type { RedriveTargets } from './redrive.targets';
import type { RedriveJob, RedriveLimits, RedriveRefusal } from './redrive.views';

export interface RedriveRunParts {
  readonly letters: Pick<DeadLetters, 'scan'>;
  readonly admin: () => AdminPort;
  readonly targets: RedriveTargets;
  readonly sender: RedriveSender;
  readonly jobs: JobStore;
  readonly audit: Pick<AuditLog, 'append'>;
  /** True for a letter that a redrive before has sent. */
  readonly isCovered: (letter: DeadLetter) => boolean;
  readonly limits: RedriveLimits;
  readonly clock: Clock;
  readonly random: Random;
  /** Fires when this process wants to stop: the job is given back. */
  readonly signal: AbortSignal;
  readonly onProgress?: ((job: RedriveJob) => void) | undefined;
}

/** `released` = given back; `lost` = another process has it. */
export type RedriveEnd = 'done' | 'cancelled' | 'failed' | 'released' | 'lost';

const AGAIN = exponential({ initialMs: 500, maxMs: 10_000 });

/** Letters of one range that are dealt with together. */
interface Chunk {
  readonly letters: AddressedLetter[];
  readonly refused: Record<RedriveRefusal, number>;
  next: Offset;
}

/**
 * Carries out one claimed redrive.
 *
 * Promises: a letter counts only after all in-sync replicas have its record; what was saved is not
 * done again, what was not saved is; only one owner at a time saves.
 */
export class RedriveRun {
  private readonly logger = new Logger('Redrive');
  private readonly book: RedriveBook;
  private readonly lease: JobLease;
  private readonly pace: RedrivePace;
  private readonly signal: AbortSignal;
  private unsaved = 0;

  constructor(
    private readonly job: RedriveJob,
    private readonly parts: RedriveRunParts,
  ) {
    const { jobs, clock, limits, admin } = parts;
    this.book = new RedriveBook(job.progress);
    this.lease = new JobLease(job, {
      jobs,
      clock,
      leaseMs: limits.leaseMs,
      checkpointMs: limits.checkpointMs,
      progress: () => this.book.snapshot(),
    });
    const { ratePerSecond } = job.spec;
    this.pace = new RedrivePace({ admin, ratePerSecond, maxLag: limits.maxLag, clock });
    this.signal = AbortSignal.any([parts.signal, this.lease.signal]);
  }

  /** Rejects only when the store does not answer at the end: then the lease ends by itself. */
  async carryOut(): Promise<RedriveEnd> {
    const { id, cancelRequested } = this.job;
    if (cancelRequested) return this.finish('cancelled');
    this.logger.log({ event: 'redrive.running', job: id }, `redrive ${id} runs here`);
    this.lease.start();
    try {
      await this.untilRead();
      await this.lease.save();
    } catch (error) {
      return await this.interrupted(error);
    } finally {
      await this.lease.stop();
    }
    return this.lease.end === null ? this.finish('done') : this.interrupted(null);
  }

  /** Waits for brokers that are away, as long as it takes. */
  private async untilRead(): Promise<void> {
    const { clock, random } = this.parts;
    for (let attempt = 1; ; attempt += 1) {
      const before = this.book.done;
      try {
        for (const range of this.book.open) {
          if (this.room(0) > 0) await this.readOne(range);
        }
        return;
      } catch (error) {
        this.signal.throwIfAborted();
        if (!(error instanceof MillraceError) || error.failure !== 'infrastructure') throw error;
        if (this.book.done > before) attempt = 1;
        this.logger.log(
          { event: 'redrive.waiting', job: this.job.id, attempt, error_code: error.code },
          `redrive ${this.job.id} waits: ${error.message} (attempt ${attempt})`,
        );
        await sleep(clock, AGAIN.delayMs(attempt, random), this.signal);
      }
    }
  }

  private async readOne(range: LetterRange & { readonly next: Offset }): Promise<void> {
    const { letters, isCovered } = this.parts;
    const { spec } = this.job;
    const rest = { ...range, from: range.next };
    let chunk = emptyChunk(range.next);
    for await (const letter of readRange(letters, selectionOf(spec), rest, this.signal)) {
      if (this.room(chunk.letters.length) <= 0) break;
      const refusal = refusalOf(letter, spec, isCovered);
      if (refusal !== null) chunk.refused[refusal] += 1;
      else if (isAddressed(letter)) chunk.letters.push(letter);
      chunk.next = letter.position.offset + 1n;
      if (chunk.letters.length < Math.min(this.pace.chunk, this.room(0))) continue;
      await this.send(range, chunk);
      chunk = emptyChunk(chunk.next);
    }
    const isWhole = this.room(chunk.letters.length) > 0;
    await this.send(range, isWhole ? { ...chunk, next: range.to } : chunk);
  }

  /** Letters that may still be sent. */
  private room(inHand: number): number {
    const { maxRecords } = this.job.spec;
    return (maxRecords ?? Infinity) - this.book.done - inHand;
  }

  private async send(range: LetterRange, { letters, refused, next }: Chunk): Promise<void> {
    const { targets, sender, limits } = this.parts;
    let failed = 0;
    if (letters.length > 0) {
      const found = await Promise.all(letters.map((letter) => targets.of(letter)));
      const records = letters.map((letter, index) =>
        redrivenRecord(letter, found[index]?.topic ?? '', this.job.id),
      );
      const distinct = new Map(
        found.map((target, index) => [
          `${target.topic} ${target.groupId}`,
          { ...target, source: letters[index]?.original.topic ?? '' },
        ]),
      );
      await this.pace.before(letters.length, [...distinct.values()], this.signal);
      failed = await sender.send(records, this.signal);
    }
    this.book.advance(range, next, { redriven: letters.length - failed, failed, refused });
    this.tell();
    this.unsaved += letters.length;
    if (this.unsaved < limits.checkpointRecords) return;
    this.unsaved = 0;
    await this.lease.save();
  }

  private tell(): void {
    this.lease.changed();
    this.parts.onProgress?.({ ...this.job, progress: this.book.snapshot() });
  }

  private async interrupted(error: unknown): Promise<RedriveEnd> {
    const { jobs } = this.parts;
    const { id, fence } = this.job;
    if (this.lease.end === 'lost') return 'lost';
    if (this.lease.end === 'cancel-requested') {
      return this.finish(this.book.open.length === 0 ? 'done' : 'cancelled');
    }
    if (!this.parts.signal.aborted) return this.finish('failed', error);
    await this.lease.stop();
    const isOurs = await jobs.release(id, fence, this.book.snapshot());
    return isOurs ? 'released' : 'lost';
  }

  /** What came of it is written down before the job ends: after a crash in between it is written once more, and kept once. */
  private async finish(
    state: 'done' | 'cancelled' | 'failed',
    cause?: unknown,
  ): Promise<RedriveEnd> {
    const { jobs, audit, clock } = this.parts;
    const { id, fence, spec } = this.job;
    await this.lease.stop();
    const progress = this.book.snapshot();
    const { redriven, failed, refused, total } = progress;
    const error = cause === undefined ? undefined : errorOf(cause);
    const { by, reason } = this.job.audit;
    await audit.append({
      id: `${id}/${state}`,
      at: new Date(clock.now()),
      by,
      reason,
      action: 'redrive.finish',
      target: spec.filter,
      jobId: id,
      result: {
        state,
        total,
        redriven,
        failed,
        refused,
        ...(error === undefined ? {} : { error }),
      },
    });
    const isOurs = await jobs.finish(id, fence, state, progress, error);
    this.logger.log(
      { event: 'redrive.finished', job: id, state, redriven, failed },
      `redrive ${id} is ${state}: ${redriven} sent, ${failed} not taken`,
    );
    return isOurs ? state : 'lost';
  }
}

function emptyChunk(next: Offset): Chunk {
  return { letters: [], refused: noneRefused(), next };
}

function errorOf(cause: unknown): { readonly code: string; readonly message: string } {
  if (cause instanceof MillraceError) return { code: cause.code, message: cause.message };
  return {
    code: 'REDRIVE_FAILED',
    message: cause instanceof Error ? cause.message : String(cause),
  };
}
