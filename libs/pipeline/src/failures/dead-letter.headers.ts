import type { MillraceError } from 'millrace/errors';
import type { Headers, KafkaRecord, TopicPartition } from '../ports/driver';
import { headerText } from '../records/pipeline-record';

/** Why a record is in the dead letter topic; closed set, part of the header contract. */
export const DEAD_LETTER_REASONS = [
  'malformed',
  'undecodable',
  'contract-invalid',
  'contract-unknown',
  'handler-permanent',
  'attempts-exhausted',
  'sink-rejected',
  'too-large',
  'redrive-limit',
  'manual',
] as const;
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];

/**
 * Names of the headers on a dead letter; frozen by a test. Adding one is a minor change, renaming
 * one a major change.
 *
 * Values are UTF-8 text, numbers decimal, times RFC 3339 in UTC with milliseconds.
 */
export const DEAD_LETTER_HEADERS = Object.freeze({
  reason: 'dead-letter-reason',
  errorCode: 'dead-letter-error-code',
  errorClass: 'dead-letter-error-class',
  errorMessage: 'dead-letter-error-message',
  originalTopic: 'dead-letter-original-topic',
  originalPartition: 'dead-letter-original-partition',
  originalOffset: 'dead-letter-original-offset',
  originalTimestamp: 'dead-letter-original-timestamp',
  consumerGroup: 'dead-letter-consumer-group',
  pipeline: 'dead-letter-pipeline',
  attempts: 'dead-letter-attempts',
  failedAt: 'dead-letter-failed-at',
  firstFailedAt: 'dead-letter-first-failed-at',
  eventId: 'dead-letter-event-id',
  contract: 'dead-letter-contract',
  serviceVersion: 'dead-letter-service-version',
  redriveCount: 'dead-letter-redrive-count',
  truncated: 'dead-letter-truncated',
  originalSize: 'dead-letter-original-size',
});

/** Name of the dead letter topic of a topic: `<topic>.dead-letter`. */
export function deadLetterTopicOf(topic: string): string {
  return `${topic}.dead-letter`;
}

/** Everything that is known about one failed record. */
export interface Failure {
  readonly record: KafkaRecord;
  readonly source: TopicPartition;
  readonly reason: DeadLetterReason;
  readonly error: MillraceError;
  /** Tries made so far; 0 when the record never reached a handler. */
  readonly attempts: number;
  readonly firstFailedAtMs: number;
  /** null when it could not be read. */
  readonly eventId: string | null;
}

/** Who says so: the same for every dead letter of a handler. */
export interface FailureOrigin {
  readonly groupId: string;
  readonly pipeline: string;
  /** `<name> v<version>`; null for handlers without a contract. */
  readonly contract: string | null;
  readonly serviceVersion: string;
}

const MAX_MESSAGE_BYTES = 1_024;

/**
 * Adds the header contract to the original headers, which are kept byte for byte.
 *
 * Headers of the first failure (`dead-letter-original-*`, `-first-failed-at`) are never overwritten.
 */
export function deadLetterHeaders(failure: Failure, origin: FailureOrigin, nowMs: number): Headers {
  const { record, source, error } = failure;
  const added = new Map<string, string>([
    [DEAD_LETTER_HEADERS.reason, failure.reason],
    [DEAD_LETTER_HEADERS.errorCode, error.code],
    [DEAD_LETTER_HEADERS.errorClass, error.name],
    [DEAD_LETTER_HEADERS.errorMessage, oneLine(error.message)],
    [DEAD_LETTER_HEADERS.consumerGroup, origin.groupId],
    [DEAD_LETTER_HEADERS.pipeline, origin.pipeline],
    [DEAD_LETTER_HEADERS.attempts, String(failure.attempts)],
    [DEAD_LETTER_HEADERS.failedAt, new Date(nowMs).toISOString()],
    [DEAD_LETTER_HEADERS.serviceVersion, origin.serviceVersion],
  ]);
  if (failure.eventId !== null) added.set(DEAD_LETTER_HEADERS.eventId, failure.eventId);
  if (origin.contract !== null) added.set(DEAD_LETTER_HEADERS.contract, origin.contract);
  const first: ReadonlyArray<readonly [string, string]> = [
    [DEAD_LETTER_HEADERS.originalTopic, source.topic],
    [DEAD_LETTER_HEADERS.originalPartition, String(source.partition)],
    [DEAD_LETTER_HEADERS.originalOffset, record.offset.toString()],
    [DEAD_LETTER_HEADERS.originalTimestamp, timeOf(record.timestampMs)],
    [DEAD_LETTER_HEADERS.firstFailedAt, new Date(failure.firstFailedAtMs).toISOString()],
  ];
  const isRepeat = headerText(record, DEAD_LETTER_HEADERS.originalTopic) !== null;
  if (!isRepeat) for (const [name, value] of first) added.set(name, value);
  const kept = record.headers.filter(([name]) => !added.has(name));
  return [...kept, ...Array.from(added, ([name, value]) => [name, Buffer.from(value)] as const)];
}

/** Escapes control characters, so that a message can neither break a line nor a terminal; cuts it. */
function oneLine(message: string): string {
  const escaped = message.replace(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const bytes = Buffer.from(escaped);
  if (bytes.length <= MAX_MESSAGE_BYTES) return escaped;
  return bytes
    .subarray(0, MAX_MESSAGE_BYTES)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
}

function timeOf(timestampMs: number): string {
  const time = new Date(timestampMs);
  // Kafka stores any 64-bit number; beyond the range of a Date the number itself is the best answer.
  return Number.isNaN(time.getTime()) ? String(timestampMs) : time.toISOString();
}
