import type {
  Assignment,
  BatchControl,
  BatchHandler,
  ConsumerEvents,
  ConsumerListener,
  ConsumerPort,
  FetchedBatch,
  Offset,
  TopicPartition,
} from '../ports/driver';
import type { MillraceError } from 'millrace/errors';
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
export class BoundedConsumer implements ConsumerPort {
  private readonly bounds: ReadonlyMap<number, Bound>;

  constructor(
    private readonly inner: ConsumerPort,
    ranges: readonly ShadowProgress[],
    private readonly onCommitted: () => void,
  ) {
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

  async start(handler: BatchHandler, options?: { readonly signal?: AbortSignal }): Promise<void> {
    await this.inner.start((batch, control) => this.take(batch, control, handler), options);
  }

  assignment(): Assignment {
    return this.inner.assignment();
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.inner.pause(partitions);
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.inner.resume(partitions.filter((target) => !this.isDone(target)));
  }

  seek(target: TopicPartition & { readonly offset: Offset }): void {
    const bound = this.bounds.get(target.partition);
    if (bound !== undefined) bound.isRead = target.offset >= bound.to;
    this.inner.seek(target);
  }

  async commit(
    offsets: ReadonlyArray<TopicPartition & { readonly next: Offset }>,
    epoch: number,
  ): Promise<'committed' | 'stale'> {
    const answer = await this.inner.commit(offsets, epoch);
    if (answer === 'stale') return answer;
    for (const { partition, next } of offsets) {
      const bound = this.bounds.get(partition);
      if (bound !== undefined && next > bound.next) bound.next = next;
    }
    this.onCommitted();
    return answer;
  }

  rebuild(reason: MillraceError): void {
    this.inner.rebuild(reason);
  }

  stop(options: { readonly deadlineMs: number }): Promise<'clean' | 'forced'> {
    return this.inner.stop(options);
  }

  on<E extends keyof ConsumerEvents>(event: E, listener: ConsumerListener<E>): () => void {
    return this.inner.on(event, listener);
  }

  private async take(
    batch: FetchedBatch,
    control: BatchControl,
    handler: BatchHandler,
  ): Promise<{ readonly resume: Offset | null }> {
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
