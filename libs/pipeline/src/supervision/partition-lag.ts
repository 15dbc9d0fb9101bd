import type { AdminPort } from '../ports/driver';
import type { TopicPartition } from '../ports/record';

/**
 * Asks the brokers how many records of these partitions a group has not committed; unit records.
 *
 * @throws what the admin client throws when the brokers do not answer.
 */
export async function lagOfPartitions(
  admin: Pick<AdminPort, 'offsets' | 'committed'>,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<number> {
  let lag = 0n;
  for (const topic of new Set(partitions.map((partition) => partition.topic))) {
    const [log, committed] = await Promise.all([
      admin.offsets(topic),
      admin.committed(groupId, topic),
    ]);
    for (const { partition } of partitions.filter((target) => target.topic === topic)) {
      const { earliest, end } = log.get(partition) ?? { earliest: 0n, end: 0n };
      const next = committed.get(partition) ?? earliest;
      if (end > next) lag += end - next;
    }
  }
  return Number(lag);
}
