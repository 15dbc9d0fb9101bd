import { defineError } from 'millrace/errors';
import { CONNECTION_ERRORS } from './mongo.errors';
import { OFFSETS_ERRORS } from './offsets/offsets.errors';
import { OUTBOX_ERRORS } from './outbox/outbox.errors';

/** Says that the database cannot take any write now; the records wait, no attempt is counted. */
export class SinkUnavailableError extends defineError({
  code: 'SINK_UNAVAILABLE',
  failure: 'infrastructure',
  summary: 'the database cannot be written to now',
  likelyCause: 'it is restarting, electing a primary, out of disk space, or the network is cut',
  fix: 'nothing when it comes back; otherwise look at the database',
}) {}

/** Says that a write was applied and not acknowledged by a majority: it may be rolled back. */
export class SinkNotDurableError extends defineError({
  code: 'SINK_NOT_DURABLE',
  failure: 'infrastructure',
  summary: 'the write was not acknowledged by a majority of the replica set',
  likelyCause: 'secondaries are away or behind',
  fix: 'nothing when they come back: the whole bulk is sent again',
}) {}

/** Says that this document will never be accepted. */
export class SinkDocumentRejectedError extends defineError({
  code: 'SINK_DOCUMENT_REJECTED',
  failure: 'permanent',
  summary: 'the database will never accept this document',
  likelyCause: 'it breaks the validation rules of the collection, or cannot be serialised',
  fix: 'correct document(...) of the sink or the producer, then redrive',
}) {}

/** Says that a document is larger than MongoDB stores. */
export class SinkDocumentTooLargeError extends defineError({
  code: 'SINK_DOCUMENT_TOO_LARGE',
  failure: 'permanent',
  summary: 'the document is larger than the 16 MiB that MongoDB stores',
  likelyCause: 'an event carries a file or an unbounded list',
  fix: 'store the large part elsewhere, or split the event',
}) {}

/** Says that another document holds the value of a unique index. */
export class SinkUniqueConflictError extends defineError({
  code: 'SINK_UNIQUE_CONFLICT',
  failure: 'permanent',
  summary: 'another document has the same value under a unique index',
  likelyCause: 'two events with different ids claim one unique value',
  fix: 'correct the event, drop the index, or declare it with idempotency: true',
}) {}

/** Says that two writers met; trying again may work. */
export class SinkWriteConflictError extends defineError({
  code: 'SINK_WRITE_CONFLICT',
  failure: 'retryable',
  summary: 'another writer changed the same document at the same time',
  likelyCause: 'several processes write one document often',
  fix: 'nothing, unless it lasts: the policy of the sink bounds the attempts',
}) {}

/** Stands for an error of one operation whose code the table does not know. */
export class SinkOperationFailedError extends defineError({
  code: 'SINK_OPERATION_FAILED',
  failure: 'retryable',
  summary: 'the database refused one operation with a code that is not known here',
  likelyCause: 'a newer server, or a rare condition',
  fix: 'look up the code of the message in the manual of MongoDB',
}) {}

/** Refuses an `_id` that cannot be an identity. */
export class SinkIdInvalidError extends defineError({
  code: 'SINK_ID_INVALID',
  failure: 'permanent',
  summary: 'the id of the document is not a text of 1-256 bytes without control characters',
  likelyCause: 'id(...) of the sink reads a field that this event does not have',
  fix: 'correct id(...) of the sink, then redrive',
}) {}

/** Refuses a version that has no order. */
export class SinkVersionInvalidError extends defineError({
  code: 'SINK_VERSION_INVALID',
  failure: 'permanent',
  summary: 'the version is no number, date or text, or cannot be compared with the stored one',
  likelyCause: 'version(...) of the sink changed its type, or reads a field that is not there',
  fix: 'correct version(...) of the sink or the stored documents, then redrive',
}) {}

/** Refuses an update that would change something when it is repeated. */
export class SinkUpdateNotIdempotentError extends defineError({
  code: 'SINK_UPDATE_NOT_IDEMPOTENT',
  failure: 'permanent',
  summary: 'the update uses an operator whose repetition changes the document again',
  likelyCause: 'update(...) of the sink uses $inc, $push or the like',
  fix: 'use $set, $setOnInsert, $min, $max, $addToSet, $unset or $pull',
}) {}

/** Every error class of this lib, for the catalogue. */
export const MONGO_ERRORS = [
  ...CONNECTION_ERRORS,
  ...OUTBOX_ERRORS,
  ...OFFSETS_ERRORS,
  SinkUnavailableError,
  SinkNotDurableError,
  SinkDocumentRejectedError,
  SinkDocumentTooLargeError,
  SinkUniqueConflictError,
  SinkWriteConflictError,
  SinkOperationFailedError,
  SinkIdInvalidError,
  SinkVersionInvalidError,
  SinkUpdateNotIdempotentError,
] as const;
