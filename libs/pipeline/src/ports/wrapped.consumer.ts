import type { MillraceError } from 'millrace/errors';
import type {
  Assignment,
  BatchControl,
  BatchHandler,
  ConsumerEvents,
  ConsumerListener,
  ConsumerPort,
  FetchedBatch,
} from './driver';
import type { Offset, TopicPartition } from './record';

/** What a batch call answers; see {@link BatchHandler}. */
export type BatchAnswer = Awaited<ReturnType<BatchHandler>>;
export type Commits = Parameters<ConsumerPort['commit']>[0];

/** Stands before a consumer and passes everything on; what a subclass overrides is what it changes. */
export abstract class WrappedConsumer implements ConsumerPort {
  constructor(protected readonly inner: ConsumerPort) {}

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
    this.inner.resume(partitions);
  }

  seek(target: TopicPartition & { readonly offset: Offset }): void {
    this.inner.seek(target);
  }

  commit(offsets: Commits, epoch: number): Promise<'committed' | 'stale'> {
    return this.inner.commit(offsets, epoch);
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

  /** Gets every batch in place of the handler. */
  protected abstract take(
    batch: FetchedBatch,
    control: BatchControl,
    handler: BatchHandler,
  ): Promise<BatchAnswer>;
}
