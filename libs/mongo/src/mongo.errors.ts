import { defineError } from 'millrace/errors';

/** Refuses to write without majority acknowledgement, journal or retryable writes. */
export class WriteConcernWeakError extends defineError({
  code: 'WRITE_CONCERN_WEAK',
  failure: 'fatal',
  summary: 'the connection string asks for less than w=majority, journal=true and retryWrites=true',
  likelyCause: 'options copied from an example that trades safety for speed',
  fix: 'remove w, journal, j and retryWrites from MONGODB_URI: the service sets them',
}) {}

/** Refuses credentials, or a user that may not do what the service does. */
export class MongoUnauthorizedError extends defineError({
  code: 'MONGO_UNAUTHORIZED',
  failure: 'fatal',
  summary: 'MongoDB refuses the credentials, or the user may not do this',
  likelyCause: 'a wrong password, or a role that is missing for the database',
  fix: 'check MONGODB_URI and the roles of its user: readWrite on the database',
}) {}

/** Says that the database is configured so that no write of this service can work. */
export class MongoMisconfiguredError extends defineError({
  code: 'MONGO_MISCONFIGURED',
  failure: 'fatal',
  summary: 'MongoDB refuses the operation because of its configuration',
  likelyCause:
    'the collection is a view, is missing where it must exist, or the server is standalone',
  fix: 'look at the code in the message; use a collection of a replica set',
}) {}

/** Says that the deployment can never acknowledge a write by a majority. */
export class MongoWriteConcernImpossibleError extends defineError({
  code: 'MONGO_WRITE_CONCERN_IMPOSSIBLE',
  failure: 'fatal',
  summary: 'the deployment cannot satisfy w=majority',
  likelyCause: 'the replica set has fewer data-bearing members than its configuration says',
  fix: 'repair the replica set: rs.status()',
}) {}

/** Refuses a standalone server in production: what it acknowledges can be lost. */
export class MongoReplicaSetMissingError extends defineError({
  code: 'MONGO_REPLICA_SET_MISSING',
  failure: 'fatal',
  summary: 'the server is not a member of a replica set',
  likelyCause: 'mongod runs without --replSet, or rs.initiate() was not called',
  fix: 'start it with --replSet and initiate it, even with one member',
}) {}

/** Says that the server answers and cannot be written to now. */
export class MongoNotWritableError extends defineError({
  code: 'MONGO_NOT_WRITABLE',
  failure: 'infrastructure',
  summary: 'the server answers and is not a writable primary',
  likelyCause: 'an election is running, or directConnection names a secondary',
  fix: 'nothing when it is an election; otherwise name the replica set in MONGODB_URI',
}) {}

/** Says that the connection was closed by the shutdown of this service. */
export class MongoClosedError extends defineError({
  code: 'MONGO_CLOSED',
  failure: 'infrastructure',
  summary: 'the connection to MongoDB was closed by the shutdown',
  likelyCause: 'a write began after the drain',
  fix: 'nothing: the records are delivered again',
}) {}

/** Says that an index of the service is missing while indexes are only verified. */
export class MongoIndexMissingError extends defineError({
  code: 'MONGO_INDEX_MISSING',
  failure: 'fatal',
  summary: 'an index that the service declares does not exist',
  likelyCause: 'MONGO_INDEXES=verify, and the job that creates indexes did not run',
  fix: 'create the index that the message names, or set MONGO_INDEXES=create',
}) {}

/** Says that an index exists under this name with another definition, or cannot be built. */
export class MongoIndexConflictError extends defineError({
  code: 'MONGO_INDEX_CONFLICT',
  failure: 'fatal',
  summary: 'an index cannot be created as declared',
  likelyCause: 'it exists with other options, or documents break its unique rule',
  fix: 'drop the old index, or correct the documents, then start again',
}) {}

/** Refuses a sink whose model is not registered. */
export class MongoModelMissingError extends defineError({
  code: 'MONGO_MODEL_MISSING',
  failure: 'fatal',
  summary: 'the model of a sink is not registered with the connection',
  likelyCause: 'MongooseModule.forFeature([...]) of the module lacks it',
  fix: 'register the model, or name a collection instead',
}) {}

/** Refuses a sink that does not say what makes a repeat harmless. */
export class IdempotencyIdMissingError extends defineError({
  code: 'IDEMPOTENCY_ID_MISSING',
  failure: 'fatal',
  summary: 'a sink does not declare the identity of its documents',
  likelyCause: '@MongoSink has neither id nor update',
  fix: 'add id: (event, record) => record.eventId, or an id of the business',
}) {}

/** Refuses a sink whose declaration cannot work. */
export class SinkDefinitionInvalidError extends defineError({
  code: 'SINK_DEFINITION_INVALID',
  failure: 'fatal',
  summary: 'a sink is declared wrongly',
  likelyCause: 'options of two modes are mixed, or one is missing',
  fix: 'give collection or model, and document with id, or update',
}) {}

/** Every error class about connection and configuration, for the catalogue. */
export const CONNECTION_ERRORS = [
  WriteConcernWeakError,
  MongoUnauthorizedError,
  MongoMisconfiguredError,
  MongoWriteConcernImpossibleError,
  MongoReplicaSetMissingError,
  MongoNotWritableError,
  MongoClosedError,
  MongoIndexMissingError,
  MongoIndexConflictError,
  MongoModelMissingError,
  IdempotencyIdMissingError,
  SinkDefinitionInvalidError,
] as const;
