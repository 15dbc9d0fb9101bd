import type { AdminPort } from 'millrace/pipeline';
import { resolvePosition } from '../replays/positions';
import { ReplayGroupActiveError } from '../replays/replay.errors';
import type { MovePreview, MoveTarget } from './group.views';

/** Moves the offsets of groups that stand still. */
export class Moves {
  constructor(
    private readonly admin: Pick<
      AdminPort,
      'describeGroup' | 'committed' | 'offsets' | 'offsetsAt' | 'setCommitted'
    >,
  ) {}

  /** What a move would do; also while the group has members. */
  async preview(groupId: string, topic: string, to: MoveTarget): Promise<readonly MovePreview[]> {
    const { admin } = this;
    const log = await admin.offsets(topic);
    const targets = await resolvePosition(topic, to, log, admin);
    const committed = await admin.committed(groupId, topic);
    const partitions = [...targets].sort(([one], [two]) => one - two);
    return partitions.map(([partition, wanted]) => {
      const { earliest, end } = log.get(partition) ?? { earliest: wanted, end: wanted };
      const inLog = wanted < earliest ? earliest : wanted > end ? end : wanted;
      const now = committed.get(partition) ?? null;
      const from = now === null || now < earliest ? earliest : now;
      return { topic, partition, now, to: inLog, records: Number(from - inLog) };
    });
  }

  /** @throws {ReplayGroupActiveError} REPLAY_GROUP_ACTIVE while the group has members. */
  async refuseWithMembers(groupId: string): Promise<void> {
    const { members } = await this.admin.describeGroup(groupId);
    if (members.length === 0) return;
    const clients = members.map(({ clientId, host }) => `${clientId} (${host})`);
    throw new ReplayGroupActiveError({
      message: `group "${groupId}" has ${members.length} members: ${clients.join(', ')}`,
    });
  }

  async move(groupId: string, moves: readonly MovePreview[]): Promise<void> {
    await this.refuseWithMembers(groupId);
    const offsets = moves.map(({ topic, partition, to }) => ({ topic, partition, next: to }));
    await this.admin.setCommitted(groupId, offsets);
  }
}
