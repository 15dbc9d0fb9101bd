import type { Contract } from 'millrace/contracts';
import { deadLetterTopicOf } from './failures/dead-letter.headers';
import type { KafkaDriver, TopicSpec } from './ports/driver';

/** Kafka's default for `max.message.bytes`; unit bytes. */
const MAX_MESSAGE_BYTES = 1_048_588;
/** Room for the reason headers beside a record of the largest size; unit bytes. */
const HEADER_ROOM_BYTES = 16 * 1_024;

/**
 * Looks after the topics of an app: those of its contracts, then the dead letter topics of those it
 * reads, with the partitions of their sources.
 */
export async function ensureTopics(
  driver: KafkaDriver,
  topics: {
    readonly published: readonly Contract[];
    readonly read: ReadonlyArray<{ readonly topic: string; readonly contract: Contract | null }>;
  },
): Promise<void> {
  const sources = new Map<string, TopicSpec>();
  for (const contract of topics.published) sources.set(contract.topic, specOf(contract));
  for (const { topic, contract } of topics.read) {
    sources.set(topic, contract === null ? plainSpec(topic) : specOf(contract));
  }
  if (sources.size === 0) return;
  await driver.ensureTopics([...sources.values()]);
  const read = [...new Set(topics.read.map(({ topic }) => topic))];
  const described = await driver.admin().describeTopics(read);
  const deadLetterSpecs = described.map(({ topic, partitions }) =>
    deadLetterSpec(topic, partitions, sources.get(topic)),
  );
  if (deadLetterSpecs.length > 0) await driver.ensureTopics(deadLetterSpecs);
}

function specOf({ topic, topicSettings }: Contract): TopicSpec {
  const { partitions = -1, configs } = topicSettings;
  return { ...plainSpec(topic), partitions, ...(configs === undefined ? {} : { configs }) };
}

function plainSpec(topic: string): TopicSpec {
  return { topic, partitions: -1, replicationFactor: -1 };
}

function deadLetterSpec(
  topic: string,
  partitions: number,
  source: TopicSpec | undefined,
): TopicSpec {
  const limit = Number(source?.configs?.['max.message.bytes'] ?? MAX_MESSAGE_BYTES);
  return {
    topic: deadLetterTopicOf(topic),
    partitions: partitions > 0 ? partitions : -1,
    replicationFactor: -1,
    configs: { 'max.message.bytes': String(limit + HEADER_ROOM_BYTES) },
  };
}
