import { Logger } from '@nestjs/common';
import type { DeliveryTerms, OutgoingRecord, ProducerPort, PublishResult } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { PublisherClosedError, PublisherOverloadedError } from '../errors/publish.errors';
import type { KafkaProducerOptions } from '../kafka.options';
import { compressionType } from '../kafkajs.settings';
import { settlesWithin } from '../within';
import { Delivery } from './delivery';
import { LingerBatcher } from './linger.batcher';
import type { PendingRecord } from './pending-record';
import type { ProducerSession } from './producer.session';
import { PublishCall, abandon } from './publish-call';
import type { TopicLookup } from './topic.directory';

/** An outage is told, not each attempt of it. */
const REPORT_EVERY_MS = 10_000;

export interface KafkajsProducerEdge {
  readonly name: string;
  readonly options: KafkaProducerOptions;
  readonly session: Pick<ProducerSession, 'close' | 'discard' | 'ready' | 'send'>;
  readonly topics: TopicLookup;
  readonly clock: Clock;
  readonly onBuffered?: (records: number) => void;
  readonly onClosed?: () => void;
}

/**
 * Publishes through a bounded buffer and a linger batcher, one batch in flight.
 *
 * Promises: `acked` only after all in-sync replicas have the record; `failed` is certainly not in
 * the log; records of one partition stay in order; when the buffer is full a publish fails at once.
 */
export class KafkajsProducer implements ProducerPort {
  private readonly logger = new Logger('Kafka');
  private readonly batcher: LingerBatcher;
  private readonly delivery: Delivery;
  /** Accepted and not yet answered, in the order of their publish. */
  private readonly owed = new Set<PendingRecord>();
  private bytes = 0;
  private pumping: Promise<void> | null = null;
  private isClosed = false;
  private quietUntilMs = 0;

  constructor(private readonly edge: KafkajsProducerEdge) {
    const { options, session, topics, clock } = edge;
    this.batcher = new LingerBatcher(options, clock, () => this.pump());
    this.delivery = new Delivery({
      session,
      topics,
      clock,
      compression: compressionType(options.compression),
      onRetry: (error) => this.reportRetry(error),
    });
  }

  async publish(
    records: readonly OutgoingRecord[],
    terms: DeliveryTerms,
  ): Promise<readonly PublishResult[]> {
    const call = new PublishCall(records, this.edge.clock, terms, (record) => this.drop(record));
    for (const record of call.records) this.accept(record, terms.lingerMs);
    this.edge.onBuffered?.(this.owed.size);
    return call.results;
  }

  buffered(): { readonly records: number; readonly bytes: number } {
    return { records: this.owed.size, bytes: this.bytes };
  }

  async flush({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    const { clock } = this.edge;
    const endsAtMs = clock.monotonicMs() + deadlineMs;
    let leftMs = deadlineMs;
    while (leftMs > 0 && !(this.pumping === null && this.batcher.isEmpty)) {
      this.batcher.flush();
      await settlesWithin(clock, leftMs, this.pumping ?? Promise.resolve());
      leftMs = endsAtMs - clock.monotonicMs();
    }
  }

  async close({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    if (this.isClosed) return;
    const { clock, session } = this.edge;
    const endsAtMs = clock.monotonicMs() + deadlineMs;
    this.isClosed = true;
    await this.flush({ deadlineMs });
    for (const record of this.owed) {
      abandon(record, new PublisherClosedError({ where: `topic ${record.topic}` }));
    }
    await session.close(Math.max(0, endsAtMs - clock.monotonicMs()));
    this.edge.onClosed?.();
  }

  private accept(record: PendingRecord, lingerMs: number | undefined): void {
    if (record.isSettled) return;
    const { bufferRecords, bufferBytes } = this.edge.options;
    const where = `topic ${record.topic}`;
    if (this.isClosed) {
      record.settle({ status: 'failed', error: new PublisherClosedError({ where }) });
      return;
    }
    if (this.owed.size >= bufferRecords || this.bytes + record.bytes > bufferBytes) {
      const message = `the buffer holds ${this.owed.size} records, ${this.bytes} bytes`;
      const error = new PublisherOverloadedError({ message, where });
      record.settle({ status: 'failed', error });
      return;
    }
    this.owed.add(record);
    this.bytes += record.bytes;
    this.batcher.add(record, lingerMs);
  }

  private drop(record: PendingRecord): void {
    if (this.owed.delete(record)) this.bytes -= record.bytes;
  }

  private pump(): void {
    this.pumping ??= this.deliverReady().finally(() => {
      this.pumping = null;
      // What became ready after the last look and before this line.
      if (this.batcher.hasReady) this.pump();
    });
  }

  private async deliverReady(): Promise<void> {
    for (let batch = this.batcher.take(); batch !== null; batch = this.batcher.take()) {
      await this.delivery.deliver(batch);
      this.edge.onBuffered?.(this.owed.size);
    }
  }

  private reportRetry(error: Error): void {
    const nowMs = this.edge.clock.monotonicMs();
    if (nowMs < this.quietUntilMs) return;
    this.quietUntilMs = nowMs + REPORT_EVERY_MS;
    this.logger.log(
      { event: 'kafka.publish.retry', producer: this.edge.name, reason: error.message },
      `publisher ${this.edge.name} tries again: ${error.message}`,
    );
  }
}
