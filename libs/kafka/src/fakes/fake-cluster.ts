import type { Admin, KafkaConfig, Message, PartitionMetadata, ProducerRecord } from 'kafkajs';
import type { CreateClient } from '../kafkajs.client';
import { FakeConsumer } from './fake-consumer';
import { FakeProducer, connectionError, vendorError } from './fake-producer';
import type { SendScript } from './fake-producer';

interface FakeTopic {
  readonly partitions: Message[][];
  readonly maxMessageBytes: number;
}

/** What a spec puts behind the driver in place of kafkajs: topics, logs and the objects made so far. */
export class FakeCluster {
  isDown = false;
  /** What a consumer waits for when it connects. */
  connecting: Promise<void> = Promise.resolve();
  downError: Error = connectionError();
  script: SendScript = (_record, answer) => answer;
  readonly configs: KafkaConfig[] = [];
  readonly adminConfigs: unknown[] = [];
  readonly producers: FakeProducer[] = [];
  readonly consumers: FakeConsumer[] = [];
  readonly sends: ProducerRecord[] = [];
  readonly committed = new Map<string, ReadonlyMap<number, string>>();
  readonly ranges = new Map<string, ReadonlyArray<{ low: string; high: string }>>();
  adminCalls = 0;
  private readonly topics = new Map<string, FakeTopic>();

  readonly createClient: CreateClient = (config) => {
    this.configs.push(config);
    return {
      admin: (adminConfig) => {
        this.adminConfigs.push(adminConfig);
        return this.admin();
      },
      producer: (producerConfig) => {
        const producer = new FakeProducer(this, producerConfig ?? {});
        this.producers.push(producer);
        return producer.asVendor();
      },
      consumer: (consumerConfig) => {
        const consumer = new FakeConsumer(this, consumerConfig);
        this.consumers.push(consumer);
        return consumer.asVendor();
      },
    };
  };

  topic(name: string, partitions = 3, maxMessageBytes = 1_048_588): this {
    const logs = Array.from({ length: partitions }, () => []);
    this.topics.set(name, { partitions: logs, maxMessageBytes });
    return this;
  }

  deleteTopic(name: string): void {
    this.topics.delete(name);
  }

  partitionsOf(topic: string): PartitionMetadata[] {
    return this.find(topic).partitions.map((_log, partitionId) => ({
      partitionId,
      leader: 1,
      partitionErrorCode: 0,
      replicas: [1],
      isr: [1],
    }));
  }

  append(topic: string, partition: number, messages: readonly Message[]): number {
    const log = this.find(topic).partitions[partition] ?? [];
    return log.push(...messages) - messages.length;
  }

  /** Values in a partition, in order. */
  valuesIn(topic: string, partition: number): readonly string[] {
    return (this.find(topic).partitions[partition] ?? []).map(({ value }) => String(value));
  }

  private find(topic: string): FakeTopic {
    const found = this.topics.get(topic);
    if (found !== undefined) return found;
    throw vendorError(
      'KafkaJSProtocolError',
      'This server does not host this topic-partition',
      'UNKNOWN_TOPIC_OR_PARTITION',
    );
  }

  private admin(): Admin {
    const whenUp = async <T>(answer: () => T): Promise<T> => {
      this.adminCalls += 1;
      if (this.isDown) throw this.downError;
      return answer();
    };
    return {
      connect: () => whenUp(() => undefined),
      disconnect: async () => undefined,
      describeCluster: () => whenUp(() => ({ brokers: [], controller: 1, clusterId: 'fake' })),
      fetchTopicMetadata: ({ topics }: { topics: string[] }) =>
        whenUp(() => ({
          topics: topics.map((name) => ({ name, partitions: this.partitionsOf(name) })),
        })),
      describeConfigs: ({ resources }: { resources: Array<{ name: string }> }) =>
        whenUp(() => ({
          resources: resources.map(({ name }) => ({
            configEntries: [
              {
                configName: 'max.message.bytes',
                configValue: String(this.find(name).maxMessageBytes),
              },
            ],
          })),
        })),
      createTopics: ({ topics }: { topics: Array<{ topic: string; numPartitions: number }> }) =>
        whenUp(() => {
          for (const { topic, numPartitions } of topics) this.topic(topic, numPartitions);
          return true;
        }),
      fetchTopicOffsets: (topic: string) =>
        whenUp(() =>
          (this.ranges.get(topic) ?? []).map((range, partition) => ({ partition, ...range })),
        ),
      fetchOffsets: ({ groupId, topics }: { groupId: string; topics: string[] }) =>
        whenUp(() =>
          topics.map((topic) => ({
            topic,
            partitions: [...(this.committed.get(groupId) ?? [])].map(([partition, offset]) => ({
              partition,
              offset,
            })),
          })),
        ),
    } as unknown as Admin;
  }
}
