import type { Contract } from 'millrace/contracts';
import { deadLetterTopicOf } from './failures/dead-letter.headers';
import { retryTiersOf } from './failures/retry-topics';
import type { RetryTier } from './failures/retry-topics';
import type { KafkaDriver, TopicDescription, TopicSpec } from './ports/driver';
import type { Subscription } from './subscription';

/** Kafka's default for `max.message.bytes`; unit bytes. */
const MAX_MESSAGE_BYTES = 1_048_588;
/** Room for the reason headers beside a record of the largest size; unit bytes. */
const HEADER_ROOM_BYTES = 16 * 1_024;
/** Beyond the longest delay: a service may be stopped for a while; unit ms. */
const RETRY_RETENTION_MS = 7 * 24 * 3_600_000;

/**
 * Looks after the topics of an app: those of its contracts, then the dead letter and retry topics of
 * those it reads, with the partitions and replicas of their sources.
 */
export async function ensureTopics(
  driver: KafkaDriver,
  topics: {
    readonly published: readonly Contract[];
    readonly read: ReadonlyArray<Pick<Subscription, 'topic' | 'contract' | 'options'>>;
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
  const failureSpecs = described.flatMap((source) => {
    const tiers = topics.read
      .filter(({ topic }) => topic === source.topic)
      .flatMap(({ topic, options }) => retryTiersOf(topic, options));
    return failureSpecsOf(source, sources.get(source.topic), tiers);
  });
  if (failureSpecs.length > 0) await driver.ensureTopics(failureSpecs);
}

/** The dead letter topic and the retry topics of one source topic. */
function failureSpecsOf(
  source: TopicDescription,
  spec: TopicSpec | undefined,
  tiers: readonly RetryTier[],
): readonly TopicSpec[] {
  const own = failureSpec(deadLetterTopicOf(source.topic), source, spec);
  const longestMs = Math.max(0, ...tiers.map(({ delayMs }) => delayMs));
  const retention = { 'retention.ms': String(longestMs + RETRY_RETENTION_MS) };
  const byTopic = new Map(
    tiers.map(({ topic }) => [topic, failureSpec(topic, source, spec, retention)]),
  );
  return [own, ...byTopic.values()];
}

function specOf({ topic, topicSettings }: Contract): TopicSpec {
  const { partitions = -1, configs } = topicSettings;
  return { ...plainSpec(topic), partitions, ...(configs === undefined ? {} : { configs }) };
}

function plainSpec(topic: string): TopicSpec {
  return { topic, partitions: -1, replicationFactor: -1 };
}

function failureSpec(
  topic: string,
  { partitions, replicationFactor }: TopicDescription,
  source: TopicSpec | undefined,
  configs: Readonly<Record<string, string>> = {},
): TopicSpec {
  const limit = Number(source?.configs?.['max.message.bytes'] ?? MAX_MESSAGE_BYTES);
  const insync = source?.configs?.['min.insync.replicas'];
  return {
    topic,
    partitions: partitions > 0 ? partitions : -1,
    replicationFactor: replicationFactor > 0 ? replicationFactor : -1,
    configs: {
      'max.message.bytes': String(limit + HEADER_ROOM_BYTES),
      ...(insync === undefined ? {} : { 'min.insync.replicas': insync }),
      ...configs,
    },
  };
}
