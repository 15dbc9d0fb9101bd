import type { BatchControl, BatchHandler, ConsumerPort, FetchedBatch } from '../ports/driver';
import type { Offset, TopicPartition } from '../ports/record';
import { WrappedConsumer } from '../ports/wrapped.consumer';
import type { BatchAnswer, Commits } from '../ports/wrapped.consumer';
import type { ShadowProgress, ShadowRange } from './shadow';

/** How far a partition is. */
interface Bound extends ShadowRange {
  next: Offset;
  /** The last batch of the range was handed over: nothing more is fetched. */
  isRead: boolean;
}

/**
 * Reads ranges of one topic as a member of a group, and nothing beyond them.
 *
 * Promises: a record at or past the end of its range is never handed over; a partition whose range
 * is read stays paused over rebalances; progress rises only with an acknowledged commit.
 */
export class BoundedConsumer extends WrappedConsumer {
  private readonly bounds: ReadonlyMap<number, Bound>;

  constructor(
    inner: ConsumerPort,
    ranges: readonly ShadowProgress[],
    private readonly onCommitted: () => void,
  ) {
    super(inner);
    this.bounds = new Map(ranges.map((range) => [range.partition, { ...range, isRead: false }]));
    // Before the listeners of others: what they resume at a join goes through here.
    inner.on('joined', ({ partitions }) => {
      for (const bound of this.bounds.values()) bound.isRead = false;
      this.inner.pause(partitions.filter((target) => this.isDone(target)));
    });
  }

  get progress(): readonly ShadowProgress[] {
    return [...this.bounds.values()].map(({ partition, from, to, next }) => {
      return { partition, from, to, next: next < to ? next : to };
    });
  }

  /** Takes over what another member of the group has committed meanwhile. */
  learn(committed: ReadonlyMap<number, Offset | null>): void {
    for (const bound of this.bounds.values()) {
      const next = committed.get(bound.partition) ?? bound.next;
      if (next > bound.next) bound.next = next;
    }
    this.onCommitted();
  }

  override resume(partitions: readonly TopicPartition[]): void {
    super.resume(partitions.filter((target) => !this.isDone(target)));
  }

  override seek(target: TopicPartition & { readonly offset: Offset }): void {
    const bound = this.bounds.get(target.partition);
    if (bound !== undefined) bound.isRead = target.offset >= bound.to;
    super.seek(target);
  }

  override async commit(offsets: Commits, epoch: number): Promise<'committed' | 'stale'> {
    const answer = await super.commit(offsets, epoch);
    if (answer === 'stale') return answer;
    for (const { partition, next } of offsets) {
      const bound = this.bounds.get(partition);
      if (bound !== undefined && next > bound.next) bound.next = next;
    }
    this.onCommitted();
    return answer;
  }

  protected async take(
    batch: FetchedBatch,
    control: BatchControl,
    handler: BatchHandler,
  ): Promise<BatchAnswer> {
    const bound = this.bounds.get(batch.partition);
    if (bound === undefined || this.isDone(batch)) {
      this.inner.pause([{ topic: batch.topic, partition: batch.partition }]);
      return { resume: null };
    }
    if (batch.nextOffset < bound.to) return handler(batch, control);
    const answer = await handler(cut(batch, bound.to), control);
    if (answer.resume === null) return answer;
    bound.isRead = true;
    this.inner.pause([{ topic: batch.topic, partition: batch.partition }]);
    return answer;
  }

  /** Also true for a partition without a range. */
  private isDone({ partition }: TopicPartition): boolean {
    const bound = this.bounds.get(partition);
    return bound === undefined || bound.isRead || bound.next >= bound.to;
  }
}

function cut(batch: FetchedBatch, to: Offset): FetchedBatch {
  const records = batch.records.filter(({ offset }) => offset < to);
  const bytes = records.reduce(
    (sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0),
    0,
  );
  return { ...batch, records, nextOffset: to, bytes };
}
