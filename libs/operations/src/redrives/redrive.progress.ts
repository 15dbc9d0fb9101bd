import type { Job, Offset } from 'millrace/pipeline';
import type { LetterRange } from '../dead-letters/letter.topics';
import { REDRIVE_REFUSALS } from './redrive.views';
import type { RedriveJob, RedriveProgress, RedriveRefusal, RefusedCounts } from './redrive.views';

/** A job of the kind, with what only redrives write into it. */
export function redriveOf(job: Job): RedriveJob {
  return job as RedriveJob;
}

/** No letter is refused yet. */
export function noneRefused(): Record<RedriveRefusal, number> {
  const entries = REDRIVE_REFUSALS.map((refusal) => [refusal, 0] as const);
  return Object.fromEntries(entries) as Record<RedriveRefusal, number>;
}

/** Where a redrive of these ranges begins. @param total - letters that are to be sent. */
export function firstProgress(ranges: readonly LetterRange[], total: number): RedriveProgress {
  return {
    total,
    done: 0,
    redriven: 0,
    failed: 0,
    refused: noneRefused(),
    ranges: ranges.map(({ topic, partition, from, to }) => ({
      topic,
      partition,
      from: from.toString(),
      next: from.toString(),
      to: to.toString(),
    })),
  };
}

interface OpenRange extends LetterRange {
  next: Offset;
}

/** Counts what becomes of letters; what it says at any time may be saved and gone on from. */
export class RedriveBook {
  private readonly ranges: readonly OpenRange[];
  private readonly refused: Record<RedriveRefusal, number>;
  private readonly total: number;
  private redriven: number;
  private failed: number;

  constructor(progress: RedriveProgress) {
    this.total = progress.total;
    this.redriven = progress.redriven;
    this.failed = progress.failed;
    this.refused = { ...progress.refused };
    this.ranges = progress.ranges.map(({ topic, partition, from, next, to }) => ({
      topic,
      partition,
      from: BigInt(from),
      next: BigInt(next),
      to: BigInt(to),
    }));
  }

  /** Ranges that are not read to their end. */
  get open(): ReadonlyArray<LetterRange & { readonly next: Offset }> {
    return this.ranges.filter(({ next, to }) => next < to);
  }

  /** Letters that were sent, or that no topic takes. */
  get done(): number {
    return this.redriven + this.failed;
  }

  /** Everything of a range before `next` is dealt with. */
  advance(range: LetterRange, next: Offset, counts: ChunkCounts): void {
    const open = this.ranges.find(
      ({ topic, partition, from }) =>
        topic === range.topic && partition === range.partition && from === range.from,
    );
    if (open !== undefined) open.next = next;
    this.redriven += counts.redriven;
    this.failed += counts.failed;
    for (const refusal of REDRIVE_REFUSALS) this.refused[refusal] += counts.refused[refusal];
  }

  snapshot(): RedriveProgress {
    const { total, done, redriven, failed, refused } = this;
    return {
      total,
      done,
      redriven,
      failed,
      refused: { ...refused },
      ranges: this.ranges.map(({ topic, partition, from, next, to }) => ({
        topic,
        partition,
        from: from.toString(),
        next: next.toString(),
        to: to.toString(),
      })),
    };
  }
}

/** What became of some letters. */
export interface ChunkCounts {
  readonly redriven: number;
  readonly failed: number;
  readonly refused: RefusedCounts;
}
