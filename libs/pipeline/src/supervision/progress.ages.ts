import type { Clock } from 'millrace/retry';
import type { PartitionProgress } from '../lanes/group.status';
import type { Offset } from '../ports/record';

interface Known {
  progress: PartitionProgress;
  /** The highest seen; a new assignment begins with null, which is no progress. */
  committable: Offset | null;
  sinceMs: number;
  hasStalled: boolean;
}

/** Knows since when partitions stand still, over assignments. */
export class ProgressAges {
  private known = new Map<string, Known>();
  private outsideSinceMs: number | null = null;

  constructor(private readonly clock: Pick<Clock, 'monotonicMs'>) {}

  /** How long the member has been without an assignment; unit ms. */
  get outsideMs(): number {
    return this.outsideSinceMs === null ? 0 : this.clock.monotonicMs() - this.outsideSinceMs;
  }

  /** @returns true when a partition that stood still has moved. */
  update(isAssigned: boolean, partitions: readonly PartitionProgress[]): boolean {
    const nowMs = this.clock.monotonicMs();
    this.outsideSinceMs = isAssigned ? null : (this.outsideSinceMs ?? nowMs);
    if (!isAssigned) return false;
    const before = this.known;
    let hasMoved = false;
    this.known = new Map();
    for (const progress of partitions) {
      const key = `${progress.topic}/${progress.partition}`;
      const old = before.get(key);
      const { committable } = progress;
      const moved = old !== undefined && committable !== null && committable !== old.committable;
      if (moved && old.hasStalled) hasMoved = true;
      // What is in hand or paused does not stand still: it waits for something else.
      const isFresh = old === undefined || moved || progress.isPaused || !progress.isIdle;
      this.known.set(key, {
        progress,
        committable: committable ?? old?.committable ?? null,
        sinceMs: isFresh ? nowMs : old.sinceMs,
        hasStalled: moved ? false : (old?.hasStalled ?? false),
      });
    }
    return hasMoved;
  }

  standingStill(forMs: number): readonly PartitionProgress[] {
    const nowMs = this.clock.monotonicMs();
    const still = [...this.known.values()].filter(({ sinceMs }) => nowMs - sinceMs >= forMs);
    return still.map(({ progress }) => progress);
  }

  /** Says that these have stood still too long: their next step is news. */
  mark(partitions: readonly PartitionProgress[]): void {
    for (const entry of this.known.values()) {
      if (partitions.includes(entry.progress)) entry.hasStalled = true;
    }
  }

  /** Begins to count anew; default: for everything. */
  restart(partitions?: readonly PartitionProgress[]): void {
    const nowMs = this.clock.monotonicMs();
    for (const entry of this.known.values()) {
      if (partitions !== undefined && !partitions.includes(entry.progress)) continue;
      entry.sinceMs = nowMs;
    }
    if (partitions === undefined && this.outsideSinceMs !== null) this.outsideSinceMs = nowMs;
  }
}
