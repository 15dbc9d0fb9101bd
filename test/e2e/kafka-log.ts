import { randomBytes } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import { Kafka, logLevel } from 'kafkajs';
import type { Admin, Consumer, IHeaders, KafkaMessage, Producer } from 'kafkajs';
import type { HeaderList } from 'millrace/contracts';
import { eventually } from 'millrace/testing';

/** What a test puts on a topic; `partition` is chosen by the test. */
export interface RecordToSend {
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: HeaderList;
}

export interface Position {
  readonly partition: number;
  readonly offset: bigint;
}

/** Next offset of each partition. */
export type Offsets = ReadonlyMap<number, bigint>;

export interface ReadRecord extends Position {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: ReadonlyMap<string, string>;
}

const RECORDS_PER_SEND = 1_000;

/** The brokers as a foreign client sees them: kafkajs alone, nothing of Millrace. */
export class KafkaLog {
  private readonly kafka: Kafka;
  private readonly admin: Admin;
  private readonly producer: Producer;

  /** @param ssl - PEM of the CA and of a client certificate; undefined = no TLS. */
  constructor(brokers: string, ssl?: ConnectionOptions) {
    this.kafka = new Kafka({
      ...(ssl && { ssl }),
      clientId: 'e2e',
      brokers: brokers.split(','),
      logLevel: logLevel.NOTHING,
      retry: { retries: 8 },
    });
    this.admin = this.kafka.admin();
    this.producer = this.kafka.producer({
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition ?? 0,
    });
  }

  async connect(): Promise<void> {
    await Promise.all([this.admin.connect(), this.producer.connect()]);
  }

  async close(): Promise<void> {
    await Promise.all([this.admin.disconnect(), this.producer.disconnect()]);
  }

  async createTopics(topics: readonly string[], numPartitions: number): Promise<void> {
    const existing = await this.admin.listTopics();
    const missing = topics.filter((topic) => !existing.includes(topic));
    if (missing.length === 0) return;
    await this.admin.createTopics({
      waitForLeaders: true,
      topics: missing.map((topic) => ({ topic, numPartitions })),
    });
  }

  /** Next offsets to be written. */
  async ends(topic: string): Promise<Offsets> {
    // A broker leads a new partition a moment after it has said so, and kafkajs does not ask again.
    const offsets = await eventually(() => this.admin.fetchTopicOffsets(topic), { what: topic });
    return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]));
  }

  /** Committed offsets of a group; partitions without one are left out. */
  async committed(groupId: string, topic: string): Promise<Offsets> {
    const [found] = await this.admin.fetchOffsets({ groupId, topics: [topic] });
    const known = (found?.partitions ?? []).filter(({ offset }) => offset !== '-1');
    return new Map(known.map(({ partition, offset }) => [partition, BigInt(offset)]));
  }

  /** Records that a group has not committed. */
  async lag(groupId: string, topic: string): Promise<bigint> {
    const [ends, committed] = await Promise.all([this.ends(topic), this.committed(groupId, topic)]);
    return [...ends].reduce((sum, [p, end]) => sum + end - (committed.get(p) ?? 0n), 0n);
  }

  /** Lets a group begin at the end of a topic; waits until members of killed apps are given up. */
  async skipToEnd(groupId: string, topic: string): Promise<void> {
    const what = `group ${groupId} without members`;
    await eventually(() => this.isIdle(groupId), { timeoutMs: 60_000, intervalMs: 250, what });
    const offsets = Array.from(await this.ends(topic), ([partition, offset]) => ({
      ...{ topic, partition },
      offset: offset.toString(),
    }));
    // The admin client would do the same, and wait 5 s for a fetch that it does not need.
    const consumer = this.kafka.consumer({ groupId, maxWaitTimeInMs: 50 });
    try {
      const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
      await consumer.connect();
      await consumer.subscribe({ topic });
      await consumer.run({ autoCommit: false, eachBatch: async () => undefined });
      await joined;
      await consumer.commitOffsets(offsets);
    } finally {
      await consumer.disconnect();
    }
  }

  private async isIdle(groupId: string): Promise<boolean> {
    const { groups } = await this.admin.describeGroups([groupId]);
    return groups.every(({ state }) => state === 'Empty' || state === 'Dead');
  }

  /** @returns where each record is, in order. */
  async send(topic: string, records: readonly RecordToSend[]): Promise<readonly Position[]> {
    const positions: Position[] = [];
    for (let start = 0; start < records.length; start += RECORDS_PER_SEND) {
      const chunk = records.slice(start, start + RECORDS_PER_SEND);
      const messages = chunk.map((record) => ({ ...record, headers: headersOf(record.headers) }));
      const answers = await this.producer.send({ topic, acks: -1, messages });
      const next = new Map(
        answers.map(({ partition, baseOffset }) => [partition, BigInt(baseOffset ?? '-1')]),
      );
      for (const { partition } of chunk) {
        const offset = next.get(partition) ?? -1n;
        next.set(partition, offset + 1n);
        positions.push({ partition, offset });
      }
    }
    return positions;
  }

  /** Reads a topic from where it ended once until where it ends now. */
  async readSince(topic: string, since: Offsets): Promise<readonly ReadRecord[]> {
    const wanted = [...(await this.ends(topic))].filter(([p, end]) => end > (since.get(p) ?? 0n));
    if (wanted.length === 0) return [];
    const groupId = `e2e-reader-${randomBytes(6).toString('hex')}`;
    const consumer = this.kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
    try {
      return await readUntil(consumer, topic, since, new Map(wanted));
    } finally {
      await consumer.disconnect();
      // Only tidiness: after a fault its coordinator may be on the move.
      await this.admin.deleteGroups([groupId]).catch(() => undefined);
    }
  }
}

async function readUntil(
  consumer: Consumer,
  topic: string,
  since: Offsets,
  ends: Offsets,
): Promise<readonly ReadRecord[]> {
  const found: ReadRecord[] = [];
  const reached = new Map<number, bigint>();
  // A seek before the group is there is refused.
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) => {
      const record = recordOf(partition, message);
      if (record.offset < (since.get(partition) ?? 0n)) return;
      if (record.offset >= (reached.get(partition) ?? 0n)) found.push(record);
      reached.set(partition, record.offset + 1n);
    },
  });
  await joined;
  for (const [partition] of ends) {
    consumer.seek({ topic, partition, offset: (since.get(partition) ?? 0n).toString() });
  }
  const isRead = () => [...ends].every(([p, end]) => (reached.get(p) ?? 0n) >= end);
  await eventually(isRead, {
    timeoutMs: patienceMs(since, ends),
    what: `${topic} is read to its end`,
  });
  return found;
}

/** A millisecond per record on top: a hundred thousand take their time beside other work. */
function patienceMs(since: Offsets, ends: Offsets): number {
  let records = 0n;
  for (const [partition, end] of ends) records += end - (since.get(partition) ?? 0n);
  return 30_000 + Number(records);
}

function recordOf(partition: number, { offset, key, value, headers }: KafkaMessage): ReadRecord {
  const texts = Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)] as const);
  return { partition, offset: BigInt(offset), key, value, headers: new Map(texts) };
}

function headersOf(headers: HeaderList): IHeaders {
  return Object.fromEntries(headers.map(([name, value]) => [name, value ?? undefined]));
}
