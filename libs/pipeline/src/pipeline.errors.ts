import { defineError } from 'millrace/errors';
import { HANDLING_ERRORS } from './handling/handling.errors';
import { HTTP_ERRORS } from './http/http.errors';
import { OFFSETS_ERRORS } from './offsets/offsets.errors';
import { SUPERVISION_ERRORS } from './supervision/supervision.errors';

/** Refuses two handlers or sinks that would read one topic in one group. */
export class HandlerDuplicateError extends defineError({
  code: 'HANDLER_DUPLICATE',
  failure: 'fatal',
  summary: 'two handlers read the same topic in the same consumer group',
  likelyCause: 'a handler was copied and kept its groupId',
  fix: 'give each handler or sink a groupId of its own',
}) {}

/** Refuses one group with two sets of topics: members of a group must agree on them. */
export class GroupTopicsDifferError extends defineError({
  code: 'GROUP_TOPICS_DIFFER',
  failure: 'fatal',
  summary: 'one consumer group is declared with different topics',
  likelyCause: 'two handlers of different contracts share a groupId',
  fix: 'give each of them a groupId of its own',
}) {}

/** Refuses request/reply: the header of a record would choose where the reply goes. */
export class ReplyPatternError extends defineError({
  code: 'REPLY_PATTERN',
  failure: 'fatal',
  summary: '@MessagePattern is not served by this transport',
  likelyCause: 'a controller of a request/reply transport is part of the application',
  fix: 'use @Consumes or @EventPattern, and HTTP for requests with an answer',
}) {}

/** Says that a record is longer than the pipeline accepts. */
export class RecordTooLongError extends defineError({
  code: 'RECORD_TOO_LONG',
  failure: 'permanent',
  summary: 'the value of the record is longer than this service accepts',
  likelyCause: 'the producer sends larger values than agreed',
  fix: 'make the value smaller, or raise PIPELINE_MAX_RECORD_BYTES',
}) {}

/** Stands for a record that the client could read only in part. */
export class RecordMalformedError extends defineError({
  code: 'RECORD_MALFORMED',
  failure: 'permanent',
  summary: 'the record is malformed',
  likelyCause: 'another program writes to the topic',
  fix: 'look at the record in the dead letter topic and correct its producer',
}) {}

/** Says that an event id is not usable as an identity. */
export class EventIdInvalidError extends defineError({
  code: 'EVENT_ID_INVALID',
  failure: 'permanent',
  summary: 'the event id is not 1-256 printable characters without spaces',
  likelyCause: 'the producer writes something else into header ce_id',
  fix: 'correct the producer; without a ce_id the position of the record is its identity',
}) {}

/** Says that the dead letter topic did not take a record; nothing is committed past it. */
export class DeadLetterUnavailableError extends defineError({
  code: 'DEADLETTER_UNAVAILABLE',
  failure: 'infrastructure',
  summary: 'the dead letter topic cannot be written to',
  likelyCause: 'the brokers are not reachable, or the topic is gone',
  fix: 'nothing, when the brokers come back; otherwise create the topic',
}) {}

/** Says that it is not known whether Kafka has the record; publish it again with the same event id. */
export class PublishUnknownError extends defineError({
  code: 'PUBLISH_UNKNOWN',
  failure: 'infrastructure',
  summary: 'the deadline passed before Kafka acknowledged the record',
  likelyCause: 'the brokers are slow or not reachable',
  fix: 'publish again with the same event id: a repeat is harmless',
}) {}

/** Says that a handler returned outcomes that do not fit its batch. */
export class BatchOutcomeInvalidError extends defineError({
  code: 'HANDLER_BATCH_OUTCOME_INVALID',
  failure: 'permanent',
  summary: 'the batch handler or sink did not answer once per record',
  likelyCause: 'the array of outcomes has another length than the batch',
  fix: 'return one outcome per record, in order, or nothing when all are stored',
}) {}

/** Refuses a policy that cannot be carried out. */
export class PolicyInvalidError extends defineError({
  code: 'POLICY_INVALID',
  failure: 'fatal',
  summary: 'the error policy of a handler cannot be carried out',
  likelyCause: 'a delay of a retry topic is no time, or the delays do not ascend',
  fix: "write delays like thenRetryTopic('10s', '1m', '10m')",
}) {}

/** Says that a record of a retry topic does not tell where it came from. */
export class RetryRecordInvalidError extends defineError({
  code: 'RETRY_RECORD_INVALID',
  failure: 'permanent',
  summary: 'a record of a retry topic has no headers of its first failure',
  likelyCause: 'something else than Millrace writes to the retry topic',
  fix: 'let only the service write there (ACL); the record is in the dead letter topic',
}) {}

/** Refuses groups that share retry topics and want different delays of them. */
export class RetryTopicsDifferError extends defineError({
  code: 'RETRY_TOPICS_DIFFER',
  failure: 'fatal',
  summary: 'handlers share retry topics that cannot serve both',
  likelyCause: 'two groups read one topic with policies of different delays',
  fix: "give both the same delays, or set retryTopicScope: 'group'",
}) {}

/** Refuses the position of a group that the log no longer has. */
export class OffsetLostError extends defineError({
  code: 'GROUP_OFFSET_LOST',
  failure: 'fatal',
  summary: 'the committed offset is no longer in the log',
  likelyCause: 'retention deleted records before they were read, or the topic was created again',
  fix: 'decide what to do about the gap, then move the group with kafka-consumer-groups --reset-offsets',
}) {}

/** Every error class of this lib, for the catalogue. */
export const PIPELINE_ERRORS = [
  HandlerDuplicateError,
  GroupTopicsDifferError,
  ReplyPatternError,
  RecordTooLongError,
  RecordMalformedError,
  EventIdInvalidError,
  DeadLetterUnavailableError,
  PublishUnknownError,
  BatchOutcomeInvalidError,
  OffsetLostError,
  PolicyInvalidError,
  RetryRecordInvalidError,
  RetryTopicsDifferError,
  ...HANDLING_ERRORS,
  ...HTTP_ERRORS,
  ...OFFSETS_ERRORS,
  ...SUPERVISION_ERRORS,
] as const;
