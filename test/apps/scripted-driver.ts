import type { KafkaDriver, OutgoingRecord, ProducerPort, PublishResult } from 'millrace/pipeline';

/** Answers a publish; scripted by a test. */
export type PublishScript = (record: OutgoingRecord) => PublishResult | undefined;

/** A driver without brokers: it keeps what is published and answers as the script says. */
export class ScriptedDriver {
  readonly published: OutgoingRecord[] = [];
  readonly deadlines: number[] = [];
  script: PublishScript | undefined;
  lag: number | null = null;
  private offset = 9_007_199_254_740_993n;

  /** As an injectable; parts that no test of the apps reaches are missing. */
  asDriver(): KafkaDriver {
    const producer: ProducerPort = {
      publish: async (records, { deadlineMs }) => {
        this.deadlines.push(deadlineMs);
        return records.map((record) => this.answer(record));
      },
      buffered: () => ({ records: 0, bytes: 0 }),
      flush: async () => undefined,
      close: async () => undefined,
    };
    return {
      name: 'memory',
      address: 'nowhere',
      connect: async () => undefined,
      producer: () => producer,
      admin: () => ({ describeTopics: async () => [] }),
      ensureTopics: async () => undefined,
      watchLag: () => undefined,
      lagOf: () => this.lag,
      health: () => ({ connected: true, lastSuccessAgeMs: 0 }),
      close: async () => undefined,
    } as unknown as KafkaDriver;
  }

  private answer(record: OutgoingRecord): PublishResult {
    const result = this.script?.(record);
    if (result !== undefined && result.status !== 'acked') return result;
    this.published.push(record);
    this.offset += 1n;
    return { status: 'acked', topic: record.topic, partition: 3, offset: this.offset };
  }
}
