import type {
  AdminPort,
  GroupDescription,
  Offset,
  TopicDescription,
  TopicPartition,
  TopicSpec,
} from 'millrace/pipeline';
import type { MemoryBroker } from './memory-broker';
import type { PartitionLog } from './broker/partition-log';
import { MemoryClosedError, MemoryGroupNotEmptyError } from './testing.errors';
import { nextTurn } from './turns';

export interface MemoryAdminParts {
  readonly broker: MemoryBroker;
  readonly isClosed: () => boolean;
  /** A call was answered by the broker. */
  readonly answered: () => void;
}

/** Asks and moves a {@link MemoryBroker}, as a client would over the network. */
export class MemoryAdmin implements AdminPort {
  constructor(private readonly parts: MemoryAdminParts) {}

  async listTopics(): Promise<readonly string[]> {
    return this.ask((broker) => [...broker.topics].sort());
  }

  async listGroups(): Promise<readonly string[]> {
    return this.ask((broker) => broker.groups.map(({ groupId }) => groupId).sort());
  }

  async describeTopics(names: readonly string[]): Promise<readonly TopicDescription[]> {
    return this.ask((broker) => names.map((name) => broker.describeTopic(name)));
  }

  async createTopics(specs: readonly TopicSpec[]): Promise<void> {
    await this.ask((broker) => specs.forEach((spec) => broker.createTopic(spec)));
  }

  async offsets(
    topic: string,
  ): Promise<ReadonlyMap<number, { readonly earliest: Offset; readonly end: Offset }>> {
    return this.ask((broker) =>
      byPartition(broker, topic, ({ earliest, end }) => ({ earliest, end })),
    );
  }

  async offsetsAt(topic: string, timestampMs: number): Promise<ReadonlyMap<number, Offset>> {
    return this.ask((broker) => byPartition(broker, topic, (log) => log.offsetAt(timestampMs)));
  }

  async committed(groupId: string, topic: string): Promise<ReadonlyMap<number, Offset | null>> {
    return this.ask((broker) => {
      const group = broker.findGroup(groupId);
      return byPartition(broker, topic, (_log, partition) => {
        return group?.committed({ topic, partition }) ?? null;
      });
    });
  }

  async describeGroup(groupId: string): Promise<GroupDescription> {
    return this.ask((broker) => {
      const group = broker.findGroup(groupId);
      if (group === undefined) return { state: 'Dead', members: [] };
      return { state: group.state, members: group.describe() };
    });
  }

  async setCommitted(
    groupId: string,
    offsets: ReadonlyArray<TopicPartition & { readonly next: Offset }>,
  ): Promise<void> {
    await this.ask((broker) => {
      const group = broker.group(groupId);
      if (group.memberIds.length > 0) {
        throw new MemoryGroupNotEmptyError({
          message: `group "${groupId}" has ${group.memberIds.length} members`,
        });
      }
      group.setCommitted(offsets);
    });
  }

  private async ask<T>(question: (broker: MemoryBroker) => T): Promise<T> {
    const { broker, isClosed, answered } = this.parts;
    await nextTurn();
    if (isClosed()) throw new MemoryClosedError();
    broker.faults.assertUp();
    const answer = question(broker);
    answered();
    return answer;
  }
}

function byPartition<T>(
  broker: MemoryBroker,
  topic: string,
  read: (log: PartitionLog, partition: number) => T,
): ReadonlyMap<number, T> {
  const { partitions } = broker.topic(topic);
  return new Map(partitions.map((log, partition) => [partition, read(log, partition)]));
}
