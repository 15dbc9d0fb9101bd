import { AssignerProtocol } from 'kafkajs';
import type { Admin, ITopicMetadata, MemberDescription as VendorMember } from 'kafkajs';
import type {
  AdminPort,
  GroupDescription,
  MemberDescription,
  Offset,
  TopicDescription,
  TopicPartition,
  TopicSpec,
} from 'millrace/pipeline';
import { sleep } from 'millrace/retry';
import type { Clock } from 'millrace/retry';
import { GroupHasMembersError } from '../errors/group.errors';
import { isTopicMissing } from '../kafka.translation';
import type { AdminConnection } from './admin.connection';
import { commitAlone } from './group.commit';

const CREATE_TIMEOUT_MS = 10_000;
const LEADER_CHECK_MS = 100;
/** `__consumer_offsets`, `__transaction_state` and the like. */
const OF_THE_BROKERS = '__';
const IDLE_GROUP_STATES: readonly string[] = ['Empty', 'Dead', ''];

/**
 * Queries and changes topics and groups over one connection that is kept open.
 *
 * Works while no consumer runs. Every call ends within 15 s.
 */
export class KafkajsAdmin implements AdminPort {
  constructor(
    private readonly connection: AdminConnection,
    private readonly clock: Clock,
  ) {}

  async listTopics(): Promise<readonly string[]> {
    const names = await this.connection.run('list of topics', (admin) => admin.listTopics());
    return names.filter((name) => !name.startsWith(OF_THE_BROKERS)).sort();
  }

  async listGroups(): Promise<readonly string[]> {
    const { groups } = await this.connection.run('list of groups', (admin) => admin.listGroups());
    return groups.map(({ groupId }) => groupId).sort();
  }

  async describeTopics(names: readonly string[]): Promise<readonly TopicDescription[]> {
    return this.connection.run(`topics ${names.join(', ')}`, (admin) =>
      Promise.all(names.map((name) => describeTopic(admin, name))),
    );
  }

  async createTopics(specs: readonly TopicSpec[]): Promise<void> {
    if (specs.length === 0) return;
    const names = specs.map(({ topic }) => topic);
    await this.connection.run(`creation of topics ${names.join(', ')}`, async (admin) => {
      await admin.createTopics({
        topics: specs.map(toVendorSpec),
        timeout: CREATE_TIMEOUT_MS,
        waitForLeaders: false,
      });
      await this.leadersOf(admin, names);
    });
  }

  async offsets(
    topic: string,
  ): Promise<ReadonlyMap<number, { readonly earliest: Offset; readonly end: Offset }>> {
    const found = await this.connection.run(`offsets of topic ${topic}`, (admin) =>
      admin.fetchTopicOffsets(topic),
    );
    return new Map(
      found.map(({ partition, low, high }) => [
        partition,
        { earliest: BigInt(low), end: BigInt(high) },
      ]),
    );
  }

  async offsetsAt(topic: string, timestampMs: number): Promise<ReadonlyMap<number, Offset>> {
    const found = await this.connection.run(`offsets of topic ${topic} by time`, (admin) =>
      admin.fetchTopicOffsetsByTimestamp(topic, timestampMs),
    );
    return new Map(found.map(({ partition, offset }) => [partition, BigInt(offset)]));
  }

  async committed(groupId: string, topic: string): Promise<ReadonlyMap<number, Offset | null>> {
    const found = await this.connection.run(`offsets of group ${groupId}`, (admin) =>
      admin.fetchOffsets({ groupId, topics: [topic] }),
    );
    const partitions = found.find((entry) => entry.topic === topic)?.partitions ?? [];
    return new Map(
      partitions.map(({ partition, offset }) => [partition, committedOffset(offset)] as const),
    );
  }

  async describeGroup(groupId: string): Promise<GroupDescription> {
    const { groups } = await this.connection.run(`group ${groupId}`, (admin) =>
      admin.describeGroups([groupId]),
    );
    const group = groups[0];
    return {
      state: group?.state ?? 'Dead',
      members: (group?.members ?? []).map(memberOf),
    };
  }

  async setCommitted(
    groupId: string,
    offsets: ReadonlyArray<TopicPartition & { readonly next: Offset }>,
  ): Promise<void> {
    const { state, members } = await this.describeGroup(groupId);
    if (members.length > 0 || !IDLE_GROUP_STATES.includes(state)) {
      throw new GroupHasMembersError({ where: `group ${groupId}` });
    }
    await this.connection.run(`offsets of group ${groupId}`, (_admin, client) =>
      commitAlone(client, groupId, offsets),
    );
  }

  private async leadersOf(admin: Admin, names: readonly string[]): Promise<void> {
    const givesUpAtMs = this.clock.monotonicMs() + CREATE_TIMEOUT_MS;
    for (;;) {
      const found = await Promise.all(names.map((name) => metadataOf(admin, name)));
      const isReady = found.every(
        (topic) => topic !== undefined && topic.partitions.every(({ leader }) => leader >= 0),
      );
      if (isReady || this.clock.monotonicMs() >= givesUpAtMs) return;
      await sleep(this.clock, LEADER_CHECK_MS);
    }
  }
}

function memberOf({
  memberId,
  clientId,
  clientHost,
  memberAssignment,
}: VendorMember): MemberDescription {
  // Brokers write addresses as Java prints them: with a slash in front.
  const host = clientHost.replace(/^\//, '');
  return { memberId, clientId, host, partitions: assignmentOf(memberAssignment) };
}

/** Empty during a rebalance; a member of another kind of group may have anything there. */
function assignmentOf(bytes: Buffer): readonly TopicPartition[] {
  if (bytes.length === 0) return [];
  try {
    const decoded = AssignerProtocol.MemberAssignment.decode(bytes);
    return Object.entries(decoded?.assignment ?? {}).flatMap(([topic, partitions]) =>
      partitions.map((partition) => ({ topic, partition })),
    );
  } catch {
    return [];
  }
}

async function describeTopic(admin: Admin, topic: string): Promise<TopicDescription> {
  const found = await metadataOf(admin, topic);
  if (found === undefined) return { topic, exists: false, partitions: 0, replicationFactor: 0 };
  return {
    topic,
    exists: true,
    partitions: found.partitions.length,
    replicationFactor: found.partitions[0]?.replicas.length ?? 0,
  };
}

async function metadataOf(admin: Admin, topic: string): Promise<ITopicMetadata | undefined> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics.find(({ name }) => name === topic);
  } catch (error) {
    if (isTopicMissing(error)) return undefined;
    throw error;
  }
}

function toVendorSpec({ topic, partitions, replicationFactor, configs = {} }: TopicSpec) {
  return {
    topic,
    numPartitions: partitions,
    replicationFactor,
    configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })),
  };
}

/** Special values below 0 mean that nothing was committed. */
function committedOffset(text: string): Offset | null {
  const offset = BigInt(text);
  return offset < 0n ? null : offset;
}
