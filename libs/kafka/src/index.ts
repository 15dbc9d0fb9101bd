export { KafkaModule } from './kafka.module';
export type { KafkaModuleOptions } from './kafka.module-definition';
export { KafkajsDriver } from './kafkajs.driver';
export type { KafkajsDriverEdge } from './kafkajs.driver';
export type { CreateClient, VendorClient } from './kafkajs.client';
export { kafkaSettings } from './kafka.config';
export { kafkaOptionsOf } from './kafka.fields';
export type { KafkaSettings } from './kafka.config';
export {
  COMPRESSIONS,
  DEFAULTS,
  GUARD_MODES,
  SASL_MECHANISMS,
  TOPIC_MODES,
  resolveKafkaOptions,
} from './kafka.options';
export type {
  Compression,
  GuardMode,
  KafkaClientOptions,
  KafkaConsumerOptions,
  KafkaOptions,
  KafkaOverrides,
  KafkaProducerOptions,
  KafkaBearer,
  KafkaSasl,
  KafkaUser,
  KafkaTopicOptions,
  SaslMechanism,
  TopicMode,
} from './kafka.options';
export {
  DEAD_LETTER_ROOM_BYTES,
  createCommandOf,
  deadLetterSpecOf,
  ensureTopics,
} from './kafka.topics';
export { LagPoller } from './kafka.lag';
export type { GroupLag, LagPollerOptions, PartitionLag } from './kafka.lag';
export { KafkaHealthCheck, KafkaParticipant } from './kafka.health';
export { BROKER_CALL_BUCKETS, KafkaMetrics } from './kafka.metrics';
export { REBALANCE_CAUSES, SILENT_OBSERVER } from './kafka.observer';
export type { KafkaObserver, RebalanceCause } from './kafka.observer';
export { translateError } from './kafka.translation';
export { MAX_DECOMPRESSED_BYTES } from './codecs/codec';
export { registerCodecs } from './codecs/register-codecs';
export { installGuards } from './guards/install-guards';
export { KAFKA_ERRORS } from './kafka.errors';
export {
  KafkaApiUnsupportedError,
  KafkaAuthenticationError,
  KafkaClusterAuthorizationError,
  KafkaProtocolError,
  KafkaTlsError,
  KafkaTopicAuthorizationError,
  KafkaTopicMissingError,
  KafkaTopicRefusedError,
  KafkaUnavailableError,
  KafkajsVersionUnknownError,
} from './errors/connection.errors';
export {
  ConsumerStoppedError,
  GroupAuthorizationError,
  GroupCoordinatorUnavailableError,
  GroupGenerationStaleError,
  GroupHasMembersError,
  GroupSettingsRefusedError,
} from './errors/group.errors';
export {
  PublishAbortedError,
  PublishTimeoutError,
  PublisherClosedError,
  PublisherOverloadedError,
  RecordRefusedError,
  RecordTooLargeError,
} from './errors/publish.errors';
export {
  BatchChecksumError,
  BatchCorruptError,
  BatchFrameBrokenError,
  BatchTooManyRecordsError,
  CodecCorruptError,
  CodecMissingError,
  CodecOutputTooLargeError,
} from './errors/codec.errors';
export { KafkaSettingsInvalidError, SessionTooShortError } from './errors/settings.errors';
