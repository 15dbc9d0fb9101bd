import type { AdminPort, MemberDescription } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import type { GroupLagView, PartitionLagView, PartitionOwner } from './group.views';
import type { RecordTimes } from './record.times';

export interface LagReaderParts {
  readonly admin: Pick<AdminPort, 'describeGroup' | 'describeTopics' | 'committed' | 'offsets'>;
  readonly times: Pick<RecordTimes, 'at'>;
  readonly clock: Clock;
}

type Untimed = Omit<PartitionLagView, 'lagSeconds'>;

/** Asks the brokers how far groups are behind; works while nothing consumes. */
export class LagReader {
  constructor(private readonly parts: LagReaderParts) {}

  /** @param topics - those that do not exist are passed over. */
  async lagOf(groupId: string, topics: readonly string[]): Promise<GroupLagView> {
    const { admin } = this.parts;
    const { state, members } = await admin.describeGroup(groupId);
    const held = members.flatMap(({ partitions }) => partitions.map(({ topic }) => topic));
    const names = [...new Set([...topics, ...held])];
    const described = names.length === 0 ? [] : await admin.describeTopics(names);
    const untimed: Untimed[] = [];
    for (const { topic, exists } of described) {
      if (exists) untimed.push(...(await this.topicLag(groupId, topic, members)));
    }
    const partitions = await this.timed(untimed);
    const lag = partitions.reduce((sum, partition) => sum + partition.lag, 0);
    return { groupId, state, lag, lagSeconds: oldestOf(partitions), partitions };
  }

  private async topicLag(
    groupId: string,
    topic: string,
    members: readonly MemberDescription[],
  ): Promise<readonly Untimed[]> {
    const { admin } = this.parts;
    // Committed first: an end that is read later is never below it.
    const committed = await admin.committed(groupId, topic);
    const log = [...(await admin.offsets(topic))].sort(([one], [two]) => one - two);
    return log.map(([partition, { earliest, end }]) => {
      const next = committed.get(partition) ?? null;
      const from = next === null || next < earliest ? earliest : next;
      const lag = end > from ? Number(end - from) : 0;
      const owner = ownerOf(members, topic, partition);
      return { topic, partition, committed: next, earliest, end, lag, owner };
    });
  }

  private async timed(untimed: readonly Untimed[]): Promise<readonly PartitionLagView[]> {
    const behind = untimed.filter(({ lag }) => lag > 0);
    const times = await this.parts.times.at(
      behind.map(({ topic, partition, committed, earliest }) => {
        const offset = committed === null || committed < earliest ? earliest : committed;
        return { topic, partition, offset };
      }),
    );
    const nowMs = this.parts.clock.now();
    const seconds = new Map(
      behind.map((partition, index) => [partition, ageOf(times[index] ?? null, nowMs)]),
    );
    return untimed.map((partition) => ({
      ...partition,
      lagSeconds: partition.lag === 0 ? 0 : (seconds.get(partition) ?? null),
    }));
  }
}

function ageOf(timestampMs: number | null, nowMs: number): number | null {
  return timestampMs === null ? null : Math.max(0, nowMs - timestampMs) / 1_000;
}

function oldestOf(partitions: readonly PartitionLagView[]): number | null {
  const known = partitions.flatMap(({ lagSeconds }) => (lagSeconds === null ? [] : [lagSeconds]));
  if (known.length === 0 && partitions.length > 0) return null;
  return Math.max(0, ...known);
}

function ownerOf(
  members: readonly MemberDescription[],
  topic: string,
  partition: number,
): PartitionOwner | null {
  const owner = members.find(({ partitions }) =>
    partitions.some((held) => held.topic === topic && held.partition === partition),
  );
  if (owner === undefined) return null;
  const { clientId, host, memberId } = owner;
  return { clientId, host, memberId };
}
