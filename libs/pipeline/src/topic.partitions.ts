import { TopicPartitionsError } from './supervision/supervision.errors';
import type { AdminPort, TopicDescription } from './ports/driver';
import type { Subscription } from './subscription';

/**
 * Looks whether source topics have the partitions that their contracts say: one with fewer was made
 * for something else. Dead letter and retry topics are written by key, so any number of partitions
 * does: a source may grow without them.
 *
 * @throws {TopicPartitionsError} TOPIC_PARTITIONS with the command that adds what is missing; all
 * topics in one error.
 */
export async function checkPartitions(
  admin: Pick<AdminPort, 'describeTopics'>,
  subscriptions: ReadonlyArray<Pick<Subscription, 'topic' | 'contract'>>,
): Promise<void> {
  if (subscriptions.length === 0) return;
  const names = subscriptions.map(({ topic }) => topic);
  const described = await admin.describeTopics([...new Set(names)]);
  const found = new Map(described.map((description) => [description.topic, description]));
  const wanted = new Map<string, number>();
  for (const { topic, contract } of subscriptions) {
    wanted.set(topic, contract?.topicSettings.partitions ?? 0);
  }
  const short = [...wanted].filter(([topic, partitions]) => isShort(found.get(topic), partitions));
  if (short.length > 0) throw shortageOf(short, found);
}

/** A topic that does not exist is told of elsewhere. */
function isShort(description: TopicDescription | undefined, partitions: number): boolean {
  return description?.exists === true && description.partitions < partitions;
}

function shortageOf(
  short: ReadonlyArray<readonly [topic: string, partitions: number]>,
  found: ReadonlyMap<string, TopicDescription>,
): TopicPartitionsError {
  const facts = short.map(
    ([topic, partitions]) =>
      `${topic} has ${found.get(topic)?.partitions ?? 0} and needs ${partitions}`,
  );
  const commands = short.map(
    ([topic, partitions]) => `kafka-topics --alter --topic ${topic} --partitions ${partitions}`,
  );
  return new TopicPartitionsError({
    message: `too few partitions: ${facts.join(', ')}`,
    fix: commands.join(' && '),
  });
}
