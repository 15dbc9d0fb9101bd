import { ControlTargetInvalidError } from 'millrace/pipeline';
import type { AdminPort, PauseTarget } from 'millrace/pipeline';
import type { GroupCatalog, KnownGroup } from './group.catalog';
import { topicsOf } from './group.catalog';

/**
 * Refuses what is not there, and names what is.
 *
 * @throws {ControlTargetInvalidError} CONTROL_TARGET_INVALID for an unknown group, topic or partition.
 */
export class ControlTargets {
  constructor(
    private readonly catalog: Pick<GroupCatalog, 'groups'>,
    private readonly admin: Pick<AdminPort, 'describeGroup' | 'describeTopics'>,
  ) {}

  /** A group that only the brokers know has no readers here. */
  async group(groupId: string): Promise<KnownGroup> {
    const known = await this.catalog.groups();
    const group = known.get(groupId);
    if (group !== undefined) return group;
    const { state, members } = await this.admin.describeGroup(groupId);
    if (state === 'Dead') {
      const names = [...known.keys()].map((name) => `"${name}"`).join(', ');
      throw invalid('groupId', `there is no group "${groupId}"; there are: ${names || 'none'}`);
    }
    const held = members.flatMap(({ partitions }) => partitions.map(({ topic }) => topic));
    const readers = [...new Set(held)].map((topic) => ({
      name: groupId,
      topic,
      contract: null,
      target: 'record' as const,
      retryTopics: [],
      idempotent: false,
    }));
    return { groupId, pipeline: groupId, readers, processes: [] };
  }

  async check(target: PauseTarget): Promise<KnownGroup> {
    const { groupId, topic, partition } = target;
    const group = await this.group(groupId);
    if (topic === undefined) {
      if (partition !== undefined) throw invalid('topic', 'a partition needs its topic');
      return group;
    }
    const topics = topicsOf(group);
    if (!topics.includes(topic)) {
      throw invalid(
        'topic',
        `group "${groupId}" does not read topic "${topic}"; it reads: ${topics.join(', ') || 'nothing'}`,
      );
    }
    if (partition !== undefined) await this.checkPartition(topic, partition);
    return group;
  }

  async checkPartition(topic: string, partition: number): Promise<void> {
    const [description] = await this.admin.describeTopics([topic]);
    const partitions = description?.partitions ?? 0;
    if (Number.isInteger(partition) && partition >= 0 && partition < partitions) return;
    const there = partitions === 0 ? 'it does not exist' : `it has 0 to ${partitions - 1}`;
    throw invalid('partition', `topic "${topic}" has no partition ${partition}; ${there}`);
  }
}

function invalid(field: keyof PauseTarget, message: string): ControlTargetInvalidError {
  return new ControlTargetInvalidError({ message, facts: { field } });
}
