import type { MillraceError } from 'millrace/errors';
import type { DeliveryTerms, OutgoingRecord, ProducerPort, PublishResult } from '../ports/producer';
import { StoreAwayError } from './records';

/** Acknowledges everything, until a test answers otherwise. */
export class FakeProducer implements ProducerPort {
  readonly published: OutgoingRecord[] = [];
  calls = 0;
  /** Of each call; undefined = the producer's own. */
  readonly lingers: Array<number | undefined> = [];
  /** Chooses the answer per record; null = acknowledged. */
  answer: (record: OutgoingRecord) => PublishResult | null = () => null;

  async publish(
    records: readonly OutgoingRecord[],
    terms?: DeliveryTerms,
  ): Promise<readonly PublishResult[]> {
    this.calls += 1;
    this.lingers.push(terms?.lingerMs);
    return records.map((record) => this.answer(record) ?? this.take(record));
  }

  buffered(): { records: number; bytes: number } {
    return { records: 0, bytes: 0 };
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {}

  refuse(error: MillraceError = new StoreAwayError()): void {
    this.answer = () => ({ status: 'failed', error });
  }

  private take(record: OutgoingRecord): PublishResult {
    this.published.push(record);
    const offset = BigInt(this.published.length - 1);
    return { status: 'acked', topic: record.topic, partition: record.partition ?? 0, offset };
  }
}
