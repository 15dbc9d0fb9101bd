import type { AdminPort, TopicSpec } from 'millrace/pipeline';
import { KafkaTopicMissingError } from './errors/connection.errors';
import { DEFAULTS } from './kafka.options';
import type { TopicMode } from './kafka.options';

/** Room that the headers of a dead letter need beside a record of the largest size; unit bytes. */
export const DEAD_LETTER_ROOM_BYTES = 16 * 1024;

const MAX_MESSAGE_BYTES = 'max.message.bytes';

/**
 * The dead letter topic that belongs to a topic: as many partitions, and room for a record of the
 * largest size together with its reason headers.
 */
export function deadLetterSpecOf(source: TopicSpec, deadLetterTopic: string): TopicSpec {
  const sourceLimit = Number(
    source.configs?.[MAX_MESSAGE_BYTES] ?? DEFAULTS.producer.maxMessageBytes,
  );
  return {
    topic: deadLetterTopic,
    partitions: source.partitions,
    replicationFactor: source.replicationFactor,
    configs: {
      ...source.configs,
      [MAX_MESSAGE_BYTES]: String(sourceLimit + DEAD_LETTER_ROOM_BYTES),
    },
  };
}

/**
 * Makes sure that topics exist; an existing one is left as it is.
 *
 * @param mode - `create` creates what is missing, `verify` refuses, `off` does nothing.
 * @param brokers - for the command of the error; example `127.0.0.1:9092`.
 * @returns names of the topics that were created.
 * @throws {KafkaTopicMissingError} KAFKA_TOPIC_MISSING with the exact commands; retryable: no.
 */
export async function ensureTopics(
  admin: Pick<AdminPort, 'createTopics' | 'describeTopics'>,
  specs: readonly TopicSpec[],
  mode: TopicMode,
  brokers: string,
): Promise<readonly string[]> {
  if (mode === 'off' || specs.length === 0) return [];
  const described = await admin.describeTopics(specs.map(({ topic }) => topic));
  const absent = new Set(described.filter(({ exists }) => !exists).map(({ topic }) => topic));
  const missing = specs.filter(({ topic }) => absent.has(topic));
  if (missing.length === 0) return [];
  if (mode === 'verify') throw missingTopics(missing, brokers);
  await admin.createTopics(missing);
  return missing.map(({ topic }) => topic);
}

/** The command that creates a topic; copy and run it. */
export function createCommandOf(spec: TopicSpec, brokers: string): string {
  const replication =
    spec.replicationFactor > 0 ? ` --replication-factor ${spec.replicationFactor}` : '';
  const configs = Object.entries(spec.configs ?? {}).map(
    ([name, value]) => ` --config ${name}=${value}`,
  );
  return `kafka-topics --bootstrap-server ${brokers} --create --topic ${spec.topic} --partitions ${spec.partitions}${replication}${configs.join('')}`;
}

function missingTopics(missing: readonly TopicSpec[], brokers: string): KafkaTopicMissingError {
  const names = missing.map(({ topic }) => topic).join(', ');
  return new KafkaTopicMissingError({
    message:
      missing.length === 1 ? `topic ${names} does not exist` : `topics ${names} do not exist`,
    where: brokers,
    fix: missing.map((spec) => createCommandOf(spec, brokers)).join(' && '),
  });
}
