export { MongoModule } from './mongo.module';
export { MONGO_OPTIONS } from './mongo.module-definition';
export type { MongoOptions } from './mongo.options';
export { INDEX_MODES, mongoSettings } from './mongo.config';
export type { IndexMode, MongoSettings } from './mongo.config';
export { MongoConnection } from './mongo.connection';
export type { ServerFacts } from './mongo.connection';
export { createMongoConnection, createMongoStores } from './mongo.standalone';
export type { MongoStores } from './mongo.standalone';
export { MongoSink } from './mongo-sink.decorator';
export type { ModelReference, MongoSinkOptions, SinkReadOptions } from './mongo-sink.decorator';
export { MongoSinkFactory } from './mongo-sink.factory';
export type { SinkTarget } from './mongo-sink.factory';
export type { IndexSpec } from './mongo.indexes';
export type { DocumentVersion } from './document-version';
export { IDEMPOTENT_OPERATORS } from './idempotent-update';
export type { IdempotentOperator, MongoUpdate, UpdateSpec } from './idempotent-update';
export { CONTROL_COLLECTION, MongoControlStore } from './state/mongo.control-store';
export { INBOX_COLLECTION, MongoInbox } from './state/mongo.inbox';
export { AUDIT_COLLECTION, MongoAuditLog } from './state/mongo.audit-log';
export { JOBS_COLLECTION, MongoJobStore } from './state/mongo.job-store';
export { MongoParkedLetters, PARKED_COLLECTION } from './state/mongo.parked-letters';
export { MongoOffsetStore, OFFSETS_COLLECTION } from './offsets/mongo.offset-store';
export { OffsetsTransactionsMissingError } from './offsets/offsets.errors';
export { Outbox } from './outbox/outbox';
export type { OutboxPublishOptions } from './outbox/outbox';
export { OutboxModule } from './outbox/outbox.module';
export { OUTBOX_DEFAULTS } from './outbox/outbox.options';
export type { OutboxOptions } from './outbox/outbox.options';
export { OUTBOX_COLLECTION, OUTBOX_STATE_COLLECTION } from './outbox/outbox.document';
export {
  OutboxContractMissingError,
  OutboxEventTooLargeError,
  OutboxSessionInvalidError,
  OutboxTransactionsMissingError,
} from './outbox/outbox.errors';
export { CODE_ROWS } from './outcome-table';
export type { CodeRow } from './outcome-table';
export { isMongoError, translateMongoError } from './mongo.translation';
export {
  IdempotencyIdMissingError,
  MongoClosedError,
  MongoIndexConflictError,
  MongoIndexMissingError,
  MongoMisconfiguredError,
  MongoModelMissingError,
  MongoNotWritableError,
  MongoReplicaSetMissingError,
  MongoUnauthorizedError,
  MongoWriteConcernImpossibleError,
  SinkDefinitionInvalidError,
  WriteConcernWeakError,
} from './mongo.errors';
export {
  MONGO_ERRORS,
  SinkDocumentRejectedError,
  SinkDocumentTooLargeError,
  SinkIdInvalidError,
  SinkNotDurableError,
  SinkOperationFailedError,
  SinkUnavailableError,
  SinkUniqueConflictError,
  SinkUpdateNotIdempotentError,
  SinkVersionInvalidError,
  SinkWriteConflictError,
} from './sink.errors';
