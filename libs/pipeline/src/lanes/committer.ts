import type { Clock } from 'millrace/retry';
import type { ConsumerPort } from '../ports/driver';
import type { Offset, TopicPartition } from '../ports/record';
import type { Lane } from './lane';

export interface CommitterOptions {
  readonly consumer: Pick<ConsumerPort, 'commit'>;
  readonly clock: Clock;
  /** Longest time between progress and its commit; unit ms. */
  readonly intervalMs: number;
  /** Finished records after which a commit does not wait for the interval; unit records. */
  readonly everyRecords: number;
  readonly lanes: () => Iterable<Lane>;
  readonly onStale: (epoch: number) => void;
  readonly onFailed: (error: unknown) => void;
  readonly onCommitted: () => void;
}

/**
 * Commits the watermarks of all lanes of a group, in one call for all partitions.
 *
 * Promises: at most one call at a time; a failed commit keeps the watermark and is tried with the
 * next one; an offset is never committed twice or backwards in one epoch.
 */
export class Committer {
  private finishedSince = 0;
  private running: Promise<void> | null = null;
  private cancelTimer: (() => void) | null = null;
  private isQueued = false;
  private isStopped = false;

  constructor(private readonly options: CommitterOptions) {}

  /** Says that records were finished; commits by count or by time. */
  progress(records: number): void {
    this.finishedSince += records;
    if (this.finishedSince >= this.options.everyRecords) this.flushInBackground();
    else this.armTimer();
  }

  /** Resolves after everything that is finished now was committed, refused or failed. Never rejects. */
  async flush(): Promise<void> {
    // A call under way took its offsets before: wait for it, then commit what has come since.
    while (this.running !== null) await this.running;
    this.isQueued = false;
    this.running = this.commit().finally(() => {
      this.running = null;
    });
    await this.running;
  }

  /** True while finished records wait for their commit. */
  get isPending(): boolean {
    return this.running !== null || this.collect().size > 0;
  }

  /** Ends commits by count and time, for good: an abandoned slice may still finish later. */
  stop(): void {
    this.isStopped = true;
    this.disarmTimer();
  }

  private armTimer(): void {
    if (this.isStopped) return;
    this.cancelTimer ??= this.options.clock.setTimer(() => {
      this.cancelTimer = null;
      this.flushInBackground();
    }, this.options.intervalMs);
  }

  private disarmTimer(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
  }

  /** During a call under way it queues one more: that call took its offsets before. */
  private flushInBackground(): void {
    if (this.isQueued || this.isStopped) return;
    this.isQueued = true;
    // flush never rejects: commit() answers failures through onFailed.
    void this.flush();
  }

  private async commit(): Promise<void> {
    this.disarmTimer();
    this.finishedSince = 0;
    for (const [epoch, lanes] of this.collect()) {
      const offsets = lanes.map(({ lane, next }) => positionOf(lane, next));
      try {
        if ((await this.options.consumer.commit(offsets, epoch)) === 'stale') {
          this.options.onStale(epoch);
        } else {
          this.options.onCommitted();
        }
        // A stale epoch never commits again: forget its progress, the records come again.
        for (const { lane, next } of lanes) lane.committed = next;
      } catch (error) {
        this.options.onFailed(error);
        this.armTimer();
      }
    }
  }

  private collect(): Map<number, Array<{ lane: Lane; next: Offset }>> {
    const byEpoch = new Map<number, Array<{ lane: Lane; next: Offset }>>();
    for (const lane of this.options.lanes()) {
      const next = lane.watermark.committable;
      if (next === null || (lane.committed !== null && next <= lane.committed)) continue;
      const lanes = byEpoch.get(lane.epoch) ?? [];
      lanes.push({ lane, next });
      byEpoch.set(lane.epoch, lanes);
    }
    return byEpoch;
  }
}

function positionOf(lane: TopicPartition, next: Offset): TopicPartition & { next: Offset } {
  return { topic: lane.topic, partition: lane.partition, next };
}
