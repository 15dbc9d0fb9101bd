import { ConfigResourceTypes } from 'kafkajs';
import type { Admin } from 'kafkajs';
import { translateError } from '../kafka.translation';
import { KafkaTopicMissingError } from '../errors/connection.errors';
import type { AdminConnection } from '../admin/admin.connection';

/** What a publisher has to know about a topic. */
export interface TopicFacts {
  readonly partitions: number;
  /** Kafka `max.message.bytes`; unit bytes. */
  readonly maxMessageBytes: number;
}

/** Looks topics up before the client is told of them. */
export interface TopicLookup {
  /** @throws {KafkaTopicMissingError} KAFKA_TOPIC_MISSING; retryable: no. */
  factsOf(topic: string): Promise<TopicFacts>;
  /** Asks the cluster again. */
  refresh(topic: string): Promise<TopicFacts>;
}

const MAX_MESSAGE_BYTES = 'max.message.bytes';

/**
 * Knows which topics exist, and how large their records may be.
 *
 * A topic that does not exist must never reach kafkajs' producer: it would fail every send of it.
 *
 * @see https://github.com/tulios/kafkajs/issues/1622
 */
export class TopicDirectory implements TopicLookup {
  private readonly known = new Map<string, Promise<TopicFacts>>();

  constructor(
    private readonly admin: Pick<AdminConnection, 'run'>,
    /** Used where the setting of the topic may not be read; unit bytes. */
    private readonly defaultMaxMessageBytes: number,
  ) {}

  factsOf(topic: string): Promise<TopicFacts> {
    return this.known.get(topic) ?? this.refresh(topic);
  }

  refresh(topic: string): Promise<TopicFacts> {
    const asked = this.ask(topic);
    this.known.set(topic, asked);
    asked.catch(() => {
      if (this.known.get(topic) === asked) this.known.delete(topic);
    });
    return asked;
  }

  private ask(topic: string): Promise<TopicFacts> {
    return this.admin.run(`topic ${topic}`, async (admin) => {
      const partitions = await partitionsOf(admin, topic);
      return { partitions, maxMessageBytes: await this.limitOf(admin, topic) };
    });
  }

  private async limitOf(admin: Admin, topic: string): Promise<number> {
    try {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [
          { type: ConfigResourceTypes.TOPIC, name: topic, configNames: [MAX_MESSAGE_BYTES] },
        ],
      });
      const entry = resources[0]?.configEntries.find(
        ({ configName }) => configName === MAX_MESSAGE_BYTES,
      );
      const limit = Number(entry?.configValue);
      return Number.isInteger(limit) && limit > 0 ? limit : this.defaultMaxMessageBytes;
    } catch {
      // No DESCRIBE_CONFIGS: the brokers refuse what is too large, a little later.
      return this.defaultMaxMessageBytes;
    }
  }
}

async function partitionsOf(admin: Admin, topic: string): Promise<number> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
  } catch (vendorError) {
    const error = translateError(vendorError, `topic ${topic}`);
    if (!(error instanceof KafkaTopicMissingError)) throw vendorError;
    throw new KafkaTopicMissingError({
      message: `topic ${topic} does not exist`,
      where: `topic ${topic}`,
      cause: vendorError,
    });
  }
}
