import type {
  BatchControl,
  ConsumerEvents,
  ConsumerPort,
  FetchedBatch,
  KafkaDriver,
  OutgoingRecord,
  TopicPartition,
} from 'millrace/pipeline';
import { eventually } from '../eventually';

/** What a member of the suite saw. */
export interface Seen {
  readonly batches: Array<{ readonly batch: FetchedBatch; readonly control: BatchControl }>;
  readonly joins: Array<ConsumerEvents['joined']>;
  readonly lost: Array<ConsumerEvents['offsetLost']>;
  /** Most batch calls that were open at once on one partition. */
  mostOpen: number;
}

/** A member of a group that takes everything, and what it saw. */
export interface SuiteMember {
  readonly consumer: ConsumerPort;
  readonly seen: Seen;
  /** Texts of the values, in the order in which they came. */
  values(partition?: number): readonly string[];
}

export interface MemberOptions {
  readonly startAt?: 'earliest' | 'latest';
  readonly wholeTopics?: readonly string[];
  /** What the handler does before it answers. */
  readonly onBatch?: (batch: FetchedBatch, control: BatchControl) => Promise<void>;
  /** How far the handler lets it read on; default: everything. */
  readonly resume?: (batch: FetchedBatch) => bigint | null;
}

/** Generous, for real brokers on a busy machine; a condition ends the wait earlier. */
export const PATIENCE: { readonly timeoutMs: number } = Object.freeze({ timeoutMs: 30_000 });

/** Makes topics, members and records with names of their own, and closes what it made. */
export class DriverScene {
  private readonly drivers: KafkaDriver[] = [];
  private names = 0;

  constructor(private readonly createDriver: () => KafkaDriver) {}

  /** A client of its own, as another process would have. */
  async driver(): Promise<KafkaDriver> {
    const driver = this.createDriver();
    this.drivers.push(driver);
    await eventually(() => driver.connect({ deadlineMs: 10_000 }).then(() => true), PATIENCE);
    return driver;
  }

  /** Closes a driver of the test's own at the end. */
  keep(driver: KafkaDriver): KafkaDriver {
    this.drivers.push(driver);
    return driver;
  }

  name(kind: string): string {
    this.names += 1;
    return `suite-${kind}-${process.pid}-${Date.now().toString(36)}-${this.names}`;
  }

  async topic(driver: KafkaDriver, partitions: number): Promise<string> {
    const topic = this.name('topic');
    await driver.admin().createTopics([{ topic, partitions, replicationFactor: 1 }]);
    return topic;
  }

  /** Publishes texts to one partition and insists on the acknowledgement. */
  async fill(driver: KafkaDriver, target: TopicPartition, texts: readonly string[]): Promise<void> {
    const producer = driver.producer({ name: 'suite' });
    const records = texts.map((text) =>
      recordOf(target.topic, text, { partition: target.partition }),
    );
    const results = await producer.publish(records, { deadlineMs: 30_000 });
    const failed = results.find(({ status }) => status !== 'acked');
    if (failed !== undefined)
      throw new Error(`the suite could not publish: ${JSON.stringify(failed.status)}`);
    await producer.close({ deadlineMs: 5_000 });
  }

  async member(
    driver: KafkaDriver,
    groupId: string,
    topic: string,
    options: MemberOptions = {},
  ): Promise<SuiteMember> {
    const consumer = driver.consumer({
      groupId,
      topics: [topic],
      ...(options.startAt === undefined ? {} : { startAt: options.startAt }),
      ...(options.wholeTopics === undefined ? {} : { wholeTopics: options.wholeTopics }),
    });
    const seen: Seen = { batches: [], joins: [], lost: [], mostOpen: 0 };
    const open = new Map<number, number>();
    consumer.on('joined', (joined) => void seen.joins.push(joined));
    consumer.on('offsetLost', (lost) => void seen.lost.push(lost));
    await consumer.start(async (batch, control) => {
      open.set(batch.partition, (open.get(batch.partition) ?? 0) + 1);
      seen.mostOpen = Math.max(seen.mostOpen, open.get(batch.partition) ?? 0);
      seen.batches.push({ batch, control });
      await options.onBatch?.(batch, control);
      open.set(batch.partition, (open.get(batch.partition) ?? 1) - 1);
      return { resume: options.resume === undefined ? batch.nextOffset : options.resume(batch) };
    });
    return { consumer, seen, values: (partition) => valuesOf(seen, partition) };
  }

  async close(): Promise<void> {
    await Promise.all(this.drivers.splice(0).map((driver) => driver.close({ deadlineMs: 10_000 })));
  }
}

export function recordOf(
  topic: string,
  text: string,
  options: { readonly partition?: number; readonly key?: string } = {},
): OutgoingRecord {
  return {
    topic,
    key: options.key === undefined ? null : Buffer.from(options.key),
    value: Buffer.from(text),
    headers: [['suite', Buffer.from('yes')]],
    ...(options.partition === undefined ? {} : { partition: options.partition }),
  };
}

/** `from`, ..., `from + count - 1`, as texts. */
export function numbers(from: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => String(from + index));
}

/** Fails when a promise takes longer than it said; unit ms. */
export async function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  const startedMs = performance.now();
  try {
    return await promise;
  } finally {
    expect(performance.now() - startedMs).toBeLessThan(limitMs);
  }
}

function valuesOf(seen: Seen, partition: number | undefined): readonly string[] {
  return seen.batches
    .filter(({ batch }) => partition === undefined || batch.partition === partition)
    .flatMap(({ batch }) => batch.records.map(({ value }) => String(value)));
}
