import type { Offset, TopicDescription, TopicPartition, TopicSpec } from 'millrace/pipeline';
import { systemClock } from 'millrace/retry';
import type { Clock, Random } from 'millrace/retry';
import { ConsumerGroup } from './broker/consumer-group';
import type { PartitionLog } from './broker/partition-log';
import type { ProducedRecord, RecordPosition } from './broker/topic-log';
import { TopicLog } from './broker/topic-log';
import { BrokerFaults } from './broker/broker.faults';
import { MemoryTopicMissingError } from './testing.errors';

export interface MemoryBrokerOptions {
  /** Default: the system clock. */
  readonly clock?: Clock;
  /** Chooses where the first record without a key goes; default: always partition 0. */
  readonly random?: Random;
  /** Partitions of a topic that is created without a number; default 1. */
  readonly defaultPartitions?: number;
  /** A member whose process is dead is given up after it; Kafka `session.timeout.ms`; unit ms; default 10,000. */
  readonly sessionTimeoutMs?: number;
  /** A member that does not rejoin is given up after it; Kafka `rebalance.timeout.ms`; unit ms; default 60,000. */
  readonly rebalanceTimeoutMs?: number;
}

/** A record as it lies in the log. */
export interface LoggedRecord extends RecordPosition {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: ProducedRecord['headers'];
  readonly timestampMs: number;
}

/**
 * Kafka in memory: topics with partitions, consumer groups with generations, committed offsets,
 * retention. Several drivers on one broker behave as several processes.
 *
 * Promises: the same order of calls gives the same order of records, assignments and offsets; what
 * is appended is copied; nothing of it is kept outside the instance.
 *
 * @example
 * const broker = new MemoryBroker();
 * broker.createTopic({ topic: 'metals-prices', partitions: 12 });
 * const driver = new MemoryDriver({ broker });
 */
export class MemoryBroker {
  readonly clock: Clock;
  readonly sessionTimeoutMs: number;
  /** Things that go wrong, on purpose. */
  readonly faults: BrokerFaults;
  private readonly rebalanceTimeoutMs: number;
  private readonly random: Random;
  private readonly defaultPartitions: number;
  private readonly topicLogs = new Map<string, TopicLog>();
  private readonly consumerGroups = new Map<string, ConsumerGroup>();
  private readonly changeListeners = new Set<() => void>();
  private isChangeDeferred = false;

  constructor(options: MemoryBrokerOptions = {}) {
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? (() => 0);
    this.defaultPartitions = options.defaultPartitions ?? 1;
    this.sessionTimeoutMs = options.sessionTimeoutMs ?? 10_000;
    this.rebalanceTimeoutMs = options.rebalanceTimeoutMs ?? 60_000;
    this.faults = new BrokerFaults(this);
  }

  get topics(): readonly string[] {
    return [...this.topicLogs.keys()];
  }

  get groups(): readonly ConsumerGroup[] {
    return [...this.consumerGroups.values()];
  }

  /** Creates a topic; an existing one is left as it is. Partitions below 1 = the default. */
  createTopic(
    spec: Pick<TopicSpec, 'topic'> & Partial<Omit<TopicSpec, 'topic'>>,
  ): TopicDescription {
    if (!this.topicLogs.has(spec.topic)) {
      const wanted = spec.partitions ?? -1;
      const partitions = wanted < 1 ? this.defaultPartitions : wanted;
      const turn = partitions - 1 + Math.floor(this.random() * partitions);
      this.topicLogs.set(spec.topic, new TopicLog(spec.topic, partitions, turn));
    }
    return this.describeTopic(spec.topic);
  }

  describeTopic(topic: string): TopicDescription {
    const partitions = this.topicLogs.get(topic)?.partitions.length ?? 0;
    const exists = partitions > 0;
    return { topic, exists, partitions, replicationFactor: exists ? 1 : 0 };
  }

  /** Raises the number of partitions; groups that read the topic rebalance. */
  addPartitions(topic: string, partitions: number): void {
    this.topic(topic).grow(partitions);
    this.rebalanceReadersOf(topic, `topic ${topic} has ${partitions} partitions`);
  }

  /** Deletes a topic. What groups committed for it stays, as in Kafka for a while. */
  deleteTopic(topic: string): void {
    this.topicLogs.delete(topic);
    this.rebalanceReadersOf(topic, `topic ${topic} is deleted`);
  }

  /**
   * Appends one record.
   *
   * @throws {MemoryTopicMissingError} MEMORY_TOPIC_MISSING; retryable: no.
   * @throws {MemoryPartitionMissingError} MEMORY_PARTITION_MISSING; retryable: no.
   */
  append(
    topic: string,
    record: Omit<ProducedRecord, 'timestampMs'> & Partial<ProducedRecord>,
  ): RecordPosition {
    const log = this.topic(topic);
    const complete = { timestampMs: this.clock.now(), ...record };
    const position = log.append(complete);
    if (this.faults.takeDuplicate(topic))
      log.append({ ...complete, partition: position.partition });
    this.changed();
    return position;
  }

  /** Everything that a topic holds, partition by partition. Empty for a topic that does not exist. */
  records(topic: string): readonly LoggedRecord[] {
    const partitions = this.topicLogs.get(topic)?.partitions ?? [];
    return partitions.flatMap((log, partition) =>
      log.records.map(({ key, value, headers, timestampMs, offset }) => ({
        topic,
        partition,
        offset,
        key,
        value,
        headers,
        timestampMs,
      })),
    );
  }

  /** Deletes the records below an offset, as retention does. */
  deleteRecords(topic: string, partition: number, before: Offset): void {
    this.topic(topic).partition(partition).deleteBefore(before);
    this.changed();
  }

  /** The group of that id; made at the first call, as Kafka does. */
  group(groupId: string): ConsumerGroup {
    const known = this.consumerGroups.get(groupId);
    if (known !== undefined) return known;
    const group = new ConsumerGroup({
      groupId,
      clock: this.clock,
      rebalanceTimeoutMs: this.rebalanceTimeoutMs,
      partitionsOf: (topic) => this.describeTopic(topic).partitions,
      defer: (task) => void setImmediate(task),
    });
    this.consumerGroups.set(groupId, group);
    return group;
  }

  /** undefined when no member ever joined and nothing was committed. */
  findGroup(groupId: string): ConsumerGroup | undefined {
    return this.consumerGroups.get(groupId);
  }

  /** Records that a group has not committed yet; unit records. */
  lagOf(groupId: string, topics: readonly string[]): bigint {
    const group = this.consumerGroups.get(groupId);
    let lag = 0n;
    for (const topic of topics) {
      this.topicLogs.get(topic)?.partitions.forEach((log, partition) => {
        const next = group?.committed({ topic, partition }) ?? log.earliest;
        if (log.end > next) lag += log.end - next;
      });
    }
    return lag;
  }

  /** @throws {MemoryTopicMissingError} MEMORY_TOPIC_MISSING; retryable: no. */
  topic(topic: string): TopicLog {
    const log = this.topicLogs.get(topic);
    if (log === undefined) {
      throw new MemoryTopicMissingError({ message: `topic "${topic}" does not exist` });
    }
    return log;
  }

  /** undefined when the topic or the partition is not there (any more). */
  findLog({ topic, partition }: TopicPartition): PartitionLog | undefined {
    return this.topicLogs.get(topic)?.partitions[partition];
  }

  /** Calls back, in a later turn, whenever there may be something new to read. */
  onChange(listener: () => void): () => void {
    this.changeListeners.add(listener);
    return () => this.changeListeners.delete(listener);
  }

  /** Says that there may be something new to read. */
  changed(): void {
    if (this.isChangeDeferred) return;
    this.isChangeDeferred = true;
    setImmediate(() => {
      this.isChangeDeferred = false;
      for (const listener of [...this.changeListeners]) listener();
    });
  }

  private rebalanceReadersOf(topic: string, reason: string): void {
    for (const group of this.groups) if (group.reads(topic)) group.rebalance(reason);
  }
}
