import { CompressionTypes, Kafka, Partitioners, logLevel } from 'kafkajs';
import type { Admin, Message } from 'kafkajs';
import { encodeEvent } from 'millrace/contracts';
import { registerCodecs } from 'millrace/kafka';
import { orderNumber, orderPlaced } from './order-placed';

const BATCH_RECORDS = 1_000;
/** In stretches that have any, one record of so many is malformed. */
export const RECORDS_PER_MALFORMED = 1_000;
const MALFORMED = Buffer.from('{"id":');
const NOW_MS = 1_795_000_000_000;

/** What a topic holds. */
export interface TopicContent {
  readonly topic: string;
  readonly records: number;
  readonly partitions: number;
  readonly compression: 'none' | 'lz4';
  /** Every second stretch of so many records has malformed ones; null = none has. */
  readonly stretchRecords: number | null;
}

/** The topics of one run of the bench, made anew and filled. */
export class CaseTopics {
  private readonly kafka: Kafka;
  private readonly admin: Admin;

  constructor(broker: string) {
    this.kafka = new Kafka({
      clientId: 'bench-fill',
      brokers: [broker],
      logLevel: logLevel.ERROR,
    });
    this.admin = this.kafka.admin();
  }

  async open(): Promise<void> {
    await registerCodecs();
    await this.admin.connect();
  }

  async close(): Promise<void> {
    await this.admin.disconnect();
  }

  /** @returns records that were ever written to the topic; 0 when it is not there. */
  async recordsIn(topic: string): Promise<number> {
    if (!(await this.admin.listTopics()).includes(topic)) return 0;
    const offsets = await this.admin.fetchTopicOffsets(topic);
    return offsets.reduce((sum, { high }) => sum + Number(high), 0);
  }

  async fill(content: TopicContent): Promise<void> {
    await this.recreate(content);
    const producer = this.kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    });
    await producer.connect();
    const compression =
      content.compression === 'lz4' ? CompressionTypes.LZ4 : CompressionTypes.None;
    for (let from = 0; from < content.records; from += BATCH_RECORDS) {
      const messages = messagesOf(content, from);
      await producer.send({ topic: content.topic, messages, compression });
    }
    await producer.disconnect();
  }

  private async recreate({ topic, partitions }: TopicContent): Promise<void> {
    const { admin } = this;
    if ((await admin.listTopics()).includes(topic)) await admin.deleteTopics({ topics: [topic] });
    // The deletion is finished some time after its answer.
    for (let tries = 0; tries < 100; tries += 1) {
      if (!(await admin.listTopics()).includes(topic)) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions }] });
  }
}

/** One batch; whole batches go round the partitions. */
function messagesOf(content: TopicContent, from: number): Message[] {
  const { topic, records, partitions, stretchRecords } = content;
  const partition = (from / BATCH_RECORDS) % partitions;
  const contract = orderPlaced(topic);
  return Array.from({ length: Math.min(BATCH_RECORDS, records - from) }, (_, at) => {
    const index = from + at;
    const event = orderNumber(index);
    const origin = { eventId: event.id, source: 'bench', nowMs: NOW_MS };
    const { key, value, headers } = encodeEvent(contract, event, origin);
    return {
      key,
      value: isMalformed(index, stretchRecords) ? MALFORMED : value,
      partition,
      headers: Object.fromEntries(headers.map(([name, text]) => [name, text ?? ''])),
    };
  });
}

function isMalformed(index: number, stretchRecords: number | null): boolean {
  if (stretchRecords === null || index % RECORDS_PER_MALFORMED !== 137) return false;
  return Math.floor(index / stretchRecords) % 2 === 1;
}
