import type { TlsFiles } from 'millrace/tls';
import { KafkaSettingsInvalidError, SessionTooShortError } from './errors/settings.errors';
import { KAFKA_RULES } from './kafka.rules';

/** Compression of published batches; closed set. */
export const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** What is done about topics at start; closed set. */
export const TOPIC_MODES = ['verify', 'create', 'off'] as const;
export type TopicMode = (typeof TOPIC_MODES)[number];

/** Whether kafkajs is guarded; closed set. */
export const GUARD_MODES = ['on', 'off'] as const;
export type GuardMode = (typeof GUARD_MODES)[number];

/** Ways to say who we are besides a client certificate; closed set. */
export const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
export type SaslMechanism = (typeof SASL_MECHANISMS)[number];

/** Gets a token for the next authentication, from wherever the application gets them. */
export interface KafkaBearer {
  readonly mechanism: 'OAUTHBEARER';
  /** Asked at each authentication, and again before the brokers end a session: it may cache. */
  readonly token: () => Promise<string>;
}

/** Who we are to the brokers besides a client certificate; only over TLS. */
export type KafkaSasl = KafkaBearer | KafkaUser;

/** A user of the brokers. The password is read again while the process runs. */
export interface KafkaUser {
  readonly mechanism: SaslMechanism;
  readonly username: string;
  /** File with the password in one line; env `KAFKA_SASL_PASSWORD_FILE`. */
  readonly passwordFile: string;
}

export interface KafkaClientOptions {
  /** Files of CA, client certificate and key; `{}` = the CAs of Node.js; null = no TLS; env `KAFKA_TLS`. */
  readonly tls: TlsFiles | null;
  /** null = none; Kafka `sasl.mechanism`; env `KAFKA_SASL_MECHANISM`. */
  readonly sasl: KafkaSasl | null;
  /** `host:port` each; Kafka `bootstrap.servers`; env `KAFKA_BROKERS`. */
  readonly brokers: readonly string[];
  /** Used as it is, without a suffix; Kafka `client.id`; env `KAFKA_CLIENT_ID`. */
  readonly clientId: string;
  /** Until TCP, TLS and SASL are done; unit ms. */
  readonly connectionTimeoutMs: number;
  /** Finds half-open sockets; unit ms. */
  readonly requestTimeoutMs: number;
  /** With TLS or SASL: older connections are replaced; unit ms; env `KAFKA_CONNECTION_MAX_AGE_MS`. */
  readonly connectionMaxAgeMs: number;
}

export interface KafkaConsumerOptions {
  /** Kafka `session.timeout.ms`; unit ms; env `KAFKA_SESSION_TIMEOUT_MS`. */
  readonly sessionTimeoutMs: number;
  /** At most a third of the session; unit ms; env `KAFKA_HEARTBEAT_INTERVAL_MS`. */
  readonly heartbeatIntervalMs: number;
  /** Time members have to rejoin; unit ms; env `KAFKA_REBALANCE_TIMEOUT_MS`. */
  readonly rebalanceTimeoutMs: number;
  /** Longest wait of an empty fetch, and of a drain; Kafka `fetch.max.wait.ms`; unit ms. */
  readonly maxWaitMs: number;
  /** Kafka `fetch.min.bytes`; unit bytes. */
  readonly minBytes: number;
  /** Kafka `max.partition.fetch.bytes`; unit bytes. A larger record is still delivered. */
  readonly maxBytesPerPartition: number;
  /** Kafka `fetch.max.bytes`; unit bytes. */
  readonly maxBytes: number;
  /** New partitions are seen after it; unit ms. */
  readonly metadataMaxAgeMs: number;
  /** Batch calls that may be open at once. */
  readonly openBatches: number;
  /** How long a rebalance waits for records in hand; unit ms. */
  readonly revokeDrainMs: number;
  /** Reads from the replica of the same rack; empty = from the leader. */
  readonly rackId: string;
  /** Compares the checksum of each batch that is read; about 2 us per KB; env `KAFKA_VERIFY_CRC`. */
  readonly verifyCrc: boolean;
}

export interface KafkaProducerOptions {
  /** How long a record waits for others; unit ms. */
  readonly lingerMs: number;
  /** Records of one batch; unit records. */
  readonly batchRecords: number;
  /** Bytes of one batch; unit bytes. */
  readonly batchBytes: number;
  /** Records that may wait; unit records. */
  readonly bufferRecords: number;
  /** Bytes that may wait; unit bytes. */
  readonly bufferBytes: number;
  /** Largest record of the topics; Kafka `max.message.bytes`; unit bytes. */
  readonly maxMessageBytes: number;
  readonly compression: Compression;
}

export interface KafkaTopicOptions {
  readonly mode: TopicMode;
  /** For topics that are created. */
  readonly partitions: number;
  /** For topics that are created; -1 = the broker's default. */
  readonly replicationFactor: number;
}

/** Everything that the driver can be told. */
export interface KafkaOptions extends KafkaClientOptions {
  readonly consumer: KafkaConsumerOptions;
  readonly producer: KafkaProducerOptions;
  readonly topics: KafkaTopicOptions;
  /** How often lag is read; unit ms. */
  readonly lagIntervalMs: number;
  /**
   * `off`: kafkajs decodes by itself and keeps its timers, and another version of it is accepted.
   * For finding out whether a guard is at fault; env `KAFKA_GUARDS`.
   */
  readonly guards: GuardMode;
}

/** As given by the user: what is left out keeps its default. */
export type KafkaOverrides = Partial<
  Omit<KafkaOptions, 'consumer' | 'producer' | 'topics'> & {
    readonly consumer: Partial<KafkaConsumerOptions>;
    readonly producer: Partial<KafkaProducerOptions>;
    readonly topics: Partial<KafkaTopicOptions>;
  }
>;

const KIB = 1024;
const MIB = 1024 * KIB;

/** Every default, once. Texts of the environment settings are made from it. */
export const DEFAULTS = Object.freeze({
  brokers: Object.freeze(['127.0.0.1:9092']),
  clientId: 'millrace',
  tls: null,
  sasl: null,
  connectionTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  connectionMaxAgeMs: 24 * 3_600_000,
  consumer: Object.freeze({
    sessionTimeoutMs: 45_000,
    heartbeatIntervalMs: 3_000,
    rebalanceTimeoutMs: 60_000,
    maxWaitMs: 500,
    minBytes: 1,
    maxBytesPerPartition: 256 * KIB,
    maxBytes: 10 * MIB,
    metadataMaxAgeMs: 60_000,
    openBatches: 4,
    revokeDrainMs: 5_000,
    rackId: '',
    verifyCrc: false,
  }),
  producer: Object.freeze({
    lingerMs: 5,
    batchRecords: 1_000,
    batchBytes: 512 * KIB,
    bufferRecords: 100_000,
    bufferBytes: 32 * MIB,
    maxMessageBytes: 1_048_588,
    compression: 'none',
  }),
  topics: Object.freeze({ mode: 'create', partitions: 12, replicationFactor: -1 }),
  lagIntervalMs: 10_000,
  guards: 'on',
} as const satisfies KafkaOptions);

/**
 * Completes and checks options.
 *
 * @throws {SessionTooShortError} SESSION_TOO_SHORT when three heartbeats do not fit into a session;
 * retryable: no.
 * @throws {KafkaSettingsInvalidError} KAFKA_SETTINGS_INVALID when others do not work together;
 * retryable: no.
 */
export function resolveKafkaOptions(overrides: KafkaOverrides = {}): KafkaOptions {
  const options = completeKafkaOptions(overrides);
  for (const rule of KAFKA_RULES) {
    const message = rule.check(options);
    if (message === null) continue;
    const isSession = rule.id === SessionTooShortError.definition.code;
    throw new (isSession ? SessionTooShortError : KafkaSettingsInvalidError)({
      message,
      fix: rule.fix,
    });
  }
  if (options.brokers.length === 0) {
    throw new KafkaSettingsInvalidError({ message: 'KAFKA_BROKERS names no broker' });
  }
  return options;
}

/** Options and defaults, checked by nobody. */
export function completeKafkaOptions(overrides: KafkaOverrides): KafkaOptions {
  return {
    ...DEFAULTS,
    ...overrides,
    consumer: { ...DEFAULTS.consumer, ...overrides.consumer },
    producer: { ...DEFAULTS.producer, ...overrides.producer },
    topics: { ...DEFAULTS.topics, ...overrides.topics },
  };
}
