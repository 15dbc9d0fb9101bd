import { CompressionTypes } from 'kafkajs';
import type { ConsumerConfig, KafkaConfig, ProducerConfig } from 'kafkajs';
import type { Compression, KafkaClientOptions, KafkaConsumerOptions } from './kafka.options';

// Every retry field is written out: with NODE_ENV=test kafkajs has other defaults.
const CLIENT_RETRY = {
  initialRetryTime: 300,
  maxRetryTime: 30_000,
  factor: 0.2,
  multiplier: 2,
  retries: 5,
} as const;

// An admin call has a deadline and a second attempt of ours: it says quickly what is wrong.
const ADMIN_RETRY = { ...CLIENT_RETRY, retries: 1 } as const;

// A publish must not wait for the longest pauses of a connection that is back.
const PRODUCER_CLIENT_RETRY = { ...CLIENT_RETRY, maxRetryTime: 1_000 } as const;

// Given up retries would make sequence numbers ambiguous; our deadline per publish is the limit.
// The cap keeps the gap after a broker's return short.
const PRODUCER_RETRY = {
  ...CLIENT_RETRY,
  maxRetryTime: 1_000,
  retries: Number.MAX_SAFE_INTEGER,
} as const;

/** Acknowledged by every in-sync replica; the only durable answer. */
export const ACKS_ALL = -1;

/** Longest time a broker may take for one produce request; unit ms. */
export const PRODUCE_TIMEOUT_MS = 30_000;

/** What kafkajs is told about the connection; every field that has a default there is written. */
export function clientConfig(
  purpose: ClientPurpose,
  options: KafkaClientOptions,
  edge: Pick<KafkaConfig, 'socketFactory' | 'logCreator' | 'logLevel' | 'ssl' | 'sasl'>,
): KafkaConfig {
  return {
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: options.connectionTimeoutMs,
    authenticationTimeout: options.connectionTimeoutMs,
    requestTimeout: options.requestTimeoutMs,
    enforceRequestTimeout: true,
    retry: { ...RETRY_OF_PURPOSE[purpose] },
    ...edge,
  };
}

/** What a client is opened for; closed set. */
export const CLIENT_PURPOSES = ['admin', 'consumer', 'producer'] as const;
export type ClientPurpose = (typeof CLIENT_PURPOSES)[number];

const RETRY_OF_PURPOSE = {
  admin: ADMIN_RETRY,
  consumer: CLIENT_RETRY,
  producer: PRODUCER_CLIENT_RETRY,
} as const satisfies Record<ClientPurpose, unknown>;

export function adminConfig(): { retry: typeof ADMIN_RETRY } {
  return { retry: { ...ADMIN_RETRY } };
}

/** What kafkajs is told about a member. It never restarts itself: that is the supervisor's work. */
export function consumerConfig(groupId: string, options: KafkaConsumerOptions): ConsumerConfig {
  return {
    groupId,
    sessionTimeout: options.sessionTimeoutMs,
    heartbeatInterval: options.heartbeatIntervalMs,
    rebalanceTimeout: options.rebalanceTimeoutMs,
    maxWaitTimeInMs: options.maxWaitMs,
    minBytes: options.minBytes,
    maxBytesPerPartition: options.maxBytesPerPartition,
    maxBytes: options.maxBytes,
    metadataMaxAge: options.metadataMaxAgeMs,
    rackId: options.rackId,
    readUncommitted: false,
    allowAutoTopicCreation: false,
    retry: { ...CLIENT_RETRY, restartOnFailure: () => Promise.resolve(false) },
  };
}

/** What kafkajs is told about a producer: idempotent, one request in flight, retries without end. */
export function producerConfig(
  options: Pick<KafkaConsumerOptions, 'metadataMaxAgeMs'>,
): ProducerConfig {
  return {
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    metadataMaxAge: options.metadataMaxAgeMs,
    retry: { ...PRODUCER_RETRY },
  };
}

const COMPRESSION_TYPES: Readonly<Record<Compression, CompressionTypes>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

export function compressionType(compression: Compression): CompressionTypes {
  return COMPRESSION_TYPES[compression];
}
