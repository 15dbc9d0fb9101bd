import { defineError } from 'millrace/errors';

/** Says that the buffer of the publisher is full; the record was not taken. */
export class PublisherOverloadedError extends defineError({
  code: 'PUBLISHER_OVERLOADED',
  failure: 'infrastructure',
  summary: 'the buffer of the publisher is full',
  likelyCause: 'records come faster than the brokers acknowledge them',
  fix: 'slow down and try again; KAFKA_BUFFER_BYTES sets the size of the buffer',
}) {}

/** Says that the deadline of a publish passed. The status of the result says whether the record may be in the log. */
export class PublishTimeoutError extends defineError({
  code: 'PUBLISH_TIMEOUT',
  failure: 'infrastructure',
  summary: 'the brokers did not acknowledge the record before the deadline',
  likelyCause: 'the brokers are slow or not reachable, or in-sync replicas are missing',
  fix: 'publish again with the same event id: a repeat is harmless',
}) {}

/** Says that the caller gave a publish up. */
export class PublishAbortedError extends defineError({
  code: 'PUBLISH_ABORTED',
  failure: 'infrastructure',
  summary: 'the publish was given up by its caller',
  likelyCause: 'the request ended or the service drains',
  fix: 'publish again with the same event id: a repeat is harmless',
}) {}

/** Says that the publisher was closed before the record could be handed over. */
export class PublisherClosedError extends defineError({
  code: 'PUBLISHER_CLOSED',
  failure: 'infrastructure',
  summary: 'the publisher is closed',
  likelyCause: 'the service shuts down',
  fix: 'publish to another instance, with the same event id',
}) {}

/** Says that a record does not fit into one Kafka message. */
export class RecordTooLargeError extends defineError({
  code: 'RECORD_TOO_LARGE',
  failure: 'permanent',
  summary: 'the record is larger than the topic accepts',
  likelyCause: 'max.message.bytes of the topic is smaller than the record',
  fix: 'make the value smaller, or raise max.message.bytes of the topic',
}) {}

/** Says that a record cannot be written as it is. */
export class RecordRefusedError extends defineError({
  code: 'RECORD_REFUSED',
  failure: 'permanent',
  summary: 'the brokers refused the record',
  likelyCause:
    'its timestamp is out of range, it has no key on a compacted topic, or its partition does not exist',
  fix: 'read the error in the cause and correct the record',
}) {}

/** Every error of this file. */
export const PUBLISH_ERRORS = [
  PublisherOverloadedError,
  PublishTimeoutError,
  PublishAbortedError,
  PublisherClosedError,
  RecordTooLargeError,
  RecordRefusedError,
] as const;
