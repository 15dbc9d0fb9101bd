import type { ICustomPartitioner, PartitionMetadata, PartitionerArgs } from 'kafkajs';
import type { Random } from 'millrace/retry';
import { murmur2 } from './murmur2';

/**
 * Chooses the partition of a record once: by key as the Java client does, without a key in turn.
 *
 * The choice is written into the message. kafkajs asks again at each retry, and a second answer
 * would send one record to two partitions and hide which partition still owes an answer.
 */
export function rememberingPartitioner(random: Random): ICustomPartitioner {
  return () => {
    const turns = new Map<string, number>();
    return ({ topic, partitionMetadata, message }) => {
      message.partition ??= choose(topic, partitionMetadata, message.key, turns, random);
      return message.partition;
    };
  };
}

function choose(
  topic: string,
  partitions: readonly PartitionMetadata[],
  key: PartitionerArgs['message']['key'],
  turns: Map<string, number>,
  random: Random,
): number {
  const count = partitions.length;
  if (key !== null && key !== undefined) {
    return (murmur2(Buffer.isBuffer(key) ? key : Buffer.from(key)) & 0x7fff_ffff) % count;
  }
  const turn = (turns.get(topic) ?? Math.floor(random() * count)) + 1;
  turns.set(topic, turn % count);
  return ledFrom(partitions, turn % count);
}

/** The first partition with a leader, beginning with the one whose turn it is. */
function ledFrom(partitions: readonly PartitionMetadata[], start: number): number {
  for (let step = 0; step < partitions.length; step += 1) {
    const candidate = partitions[(start + step) % partitions.length];
    if (candidate !== undefined && candidate.leader >= 0) return candidate.partitionId;
  }
  return partitions[start]?.partitionId ?? 0;
}
