import { bytes, count, durationMs, flag, list, oneOf, text } from 'millrace/config';
import type { SettingValues } from 'millrace/config';
import { tlsFields, tlsFilesOf } from 'millrace/tls';
import { COMPRESSIONS, DEFAULTS, GUARD_MODES, SASL_MECHANISMS, TOPIC_MODES } from './kafka.options';
import type { KafkaOverrides, KafkaUser } from './kafka.options';

const { consumer, producer, topics } = DEFAULTS;
const MINUTE_MS = 60_000;

/** Every setting of the slice `kafka`. */
export const kafkaFields = {
  brokers: {
    env: 'KAFKA_BROKERS',
    aliases: ['KAFKA_BOOTSTRAP', 'KAFKA_BOOTSTRAP_SERVERS'],
    schema: list,
    default: DEFAULTS.brokers.join(','),
    description: 'Brokers to begin with, host:port between commas.',
  },
  clientId: {
    env: 'KAFKA_CLIENT_ID',
    schema: text.optional(),
    description: 'Name of this client in quotas and broker logs; default: the name of the service.',
  },
  ...tlsFields('KAFKA'),
  saslMechanism: {
    env: 'KAFKA_SASL_MECHANISM',
    schema: oneOf(...SASL_MECHANISMS).optional(),
    description:
      'How the user is proven to the brokers, besides or in place of a client certificate.',
  },
  saslUsername: {
    env: 'KAFKA_SASL_USERNAME',
    schema: text.optional(),
    description: 'User of the brokers.',
  },
  saslPasswordFile: {
    env: 'KAFKA_SASL_PASSWORD_FILE',
    schema: text.optional(),
    description: 'File with the password in one line; read again every 10 s.',
    takesEffect: 'live',
  },
  connectionMaxAgeMs: {
    env: 'KAFKA_CONNECTION_MAX_AGE_MS',
    schema: durationMs.refine((value) => value >= MINUTE_MS, 'must be 60000 or more'),
    default: String(DEFAULTS.connectionMaxAgeMs),
    unit: 'ms',
    description:
      'With TLS or SASL: older connections are replaced by new ones, between two requests.',
  },
  sessionTimeoutMs: {
    env: 'KAFKA_SESSION_TIMEOUT_MS',
    schema: durationMs,
    default: String(consumer.sessionTimeoutMs),
    unit: 'ms',
    description: 'After this silence the group gives a member up.',
  },
  heartbeatIntervalMs: {
    env: 'KAFKA_HEARTBEAT_INTERVAL_MS',
    schema: durationMs,
    default: String(consumer.heartbeatIntervalMs),
    unit: 'ms',
    description: 'How often a member says that it lives; at most a third of the session.',
  },
  rebalanceTimeoutMs: {
    env: 'KAFKA_REBALANCE_TIMEOUT_MS',
    schema: durationMs,
    default: String(consumer.rebalanceTimeoutMs),
    unit: 'ms',
    description: 'How long a rebalance waits for its members.',
  },
  maxWaitMs: {
    env: 'KAFKA_MAX_WAIT_MS',
    schema: durationMs,
    default: String(consumer.maxWaitMs),
    unit: 'ms',
    description: 'Longest wait of a fetch that finds nothing; delays drains and rebalances.',
  },
  maxBytesPerPartition: {
    env: 'KAFKA_MAX_BYTES_PER_PARTITION',
    schema: bytes,
    default: String(consumer.maxBytesPerPartition),
    unit: 'bytes',
    description: 'Most bytes of one partition in one fetch, compressed.',
  },
  maxBytes: {
    env: 'KAFKA_MAX_BYTES',
    schema: bytes,
    default: String(consumer.maxBytes),
    unit: 'bytes',
    description: 'Most bytes of one fetch, compressed.',
  },
  rackId: {
    env: 'KAFKA_RACK_ID',
    schema: text.optional(),
    description: 'Availability zone; reads from a replica in the same one.',
  },
  verifyCrc: {
    env: 'KAFKA_VERIFY_CRC',
    schema: flag,
    default: String(consumer.verifyCrc),
    description: 'Compares the checksum of each batch that is read; about 2 us per KB.',
  },
  guards: {
    env: 'KAFKA_GUARDS',
    schema: oneOf(...GUARD_MODES),
    default: DEFAULTS.guards,
    description:
      'off: kafkajs decodes by itself, without limits, and any version of it is accepted.',
  },
  lingerMs: {
    env: 'KAFKA_LINGER_MS',
    schema: durationMs,
    default: String(producer.lingerMs),
    unit: 'ms',
    description: 'How long a published record waits for others of its batch.',
  },
  batchRecords: {
    env: 'KAFKA_BATCH_RECORDS',
    schema: count,
    default: String(producer.batchRecords),
    unit: 'records',
    description: 'Most records of one batch.',
  },
  batchBytes: {
    env: 'KAFKA_BATCH_BYTES',
    schema: bytes,
    default: String(producer.batchBytes),
    unit: 'bytes',
    description: 'Most bytes of one batch.',
  },
  bufferRecords: {
    env: 'KAFKA_BUFFER_RECORDS',
    schema: count,
    default: String(producer.bufferRecords),
    unit: 'records',
    description: 'Records that may wait for the brokers; more are refused at once.',
  },
  bufferBytes: {
    env: 'KAFKA_BUFFER_BYTES',
    schema: bytes,
    default: String(producer.bufferBytes),
    unit: 'bytes',
    description: 'Bytes that may wait for the brokers; more are refused at once.',
  },
  compression: {
    env: 'KAFKA_COMPRESSION',
    schema: oneOf(...COMPRESSIONS),
    default: producer.compression,
    description: 'Codec of published batches; every reader of the topics must know it.',
  },
  topics: {
    env: 'KAFKA_TOPICS',
    schema: oneOf(...TOPIC_MODES),
    default: { production: 'verify', otherwise: topics.mode },
    description: 'What is done about missing topics: verify refuses, create makes them, off.',
  },
  partitions: {
    env: 'KAFKA_PARTITIONS',
    schema: count,
    default: String(topics.partitions),
    unit: 'partitions',
    description: 'Partitions of a topic that is created.',
  },
  replication: {
    env: 'KAFKA_REPLICATION',
    schema: count.optional(),
    description: 'Replicas of a topic that is created; not set = as the brokers say.',
  },
} as const;

export type KafkaFields = typeof kafkaFields;

/**
 * Makes options of the driver from the settings.
 *
 * @param clientId - used when `KAFKA_CLIENT_ID` is not set; the name of the service.
 * @param revokeDrainMs - how long the pipeline may need before partitions move; a rebalance waits for
 * it at least. Unit ms; default: that of the driver.
 */
export function kafkaOptionsOf(
  settings: SettingValues<KafkaFields>,
  clientId?: string,
  revokeDrainMs = 0,
): KafkaOverrides {
  const name = settings.clientId ?? clientId;
  return {
    brokers: settings.brokers,
    ...(name === undefined ? {} : { clientId: name }),
    tls: settings.tls ? tlsFilesOf(settings) : null,
    sasl: saslOf(settings),
    connectionMaxAgeMs: settings.connectionMaxAgeMs,
    consumer: {
      sessionTimeoutMs: settings.sessionTimeoutMs,
      heartbeatIntervalMs: settings.heartbeatIntervalMs,
      rebalanceTimeoutMs: settings.rebalanceTimeoutMs,
      maxWaitMs: settings.maxWaitMs,
      maxBytesPerPartition: settings.maxBytesPerPartition,
      maxBytes: settings.maxBytes,
      rackId: settings.rackId ?? consumer.rackId,
      verifyCrc: settings.verifyCrc,
      revokeDrainMs: Math.max(consumer.revokeDrainMs, revokeDrainMs),
    },
    guards: settings.guards,
    producer: {
      lingerMs: settings.lingerMs,
      batchRecords: settings.batchRecords,
      batchBytes: settings.batchBytes,
      bufferRecords: settings.bufferRecords,
      bufferBytes: settings.bufferBytes,
      compression: settings.compression,
    },
    topics: {
      mode: settings.topics,
      partitions: settings.partitions,
      replicationFactor: settings.replication ?? topics.replicationFactor,
    },
  };
}

/** null also when a part is missing: a lint tells of it. */
function saslOf(settings: SettingValues<KafkaFields>): KafkaUser | null {
  const { saslMechanism: mechanism, saslUsername: username, saslPasswordFile } = settings;
  if (mechanism === undefined || username === undefined || saslPasswordFile === undefined) {
    return null;
  }
  return { mechanism, username, passwordFile: saslPasswordFile };
}
