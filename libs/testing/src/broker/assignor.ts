import type { TopicPartition } from 'millrace/pipeline';

export interface Subscriber {
  readonly memberId: string;
  readonly topics: readonly string[];
}

/**
 * Spreads partitions over members in turn, each topic among those who subscribed to it.
 *
 * Deterministic: members are taken in the order of their ids.
 */
export function assignInTurn(
  subscribers: readonly Subscriber[],
  partitionsOf: (topic: string) => number,
): ReadonlyMap<string, readonly TopicPartition[]> {
  const sorted = [...subscribers].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const assignment = new Map(sorted.map(({ memberId }) => [memberId, [] as TopicPartition[]]));
  const topics = [...new Set(sorted.flatMap(({ topics }) => topics))].sort();
  let turn = 0;
  for (const topic of topics) {
    const readers = sorted.filter((subscriber) => subscriber.topics.includes(topic));
    for (let partition = 0; partition < partitionsOf(topic); partition += 1) {
      const reader = readers[turn % readers.length];
      turn += 1;
      if (reader !== undefined) assignment.get(reader.memberId)?.push({ topic, partition });
    }
  }
  return assignment;
}
