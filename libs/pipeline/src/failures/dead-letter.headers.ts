import type { MillraceError } from 'millrace/errors';
import type { Headers, KafkaRecord, TopicPartition } from '../ports/record';
import { headerText } from '../records/pipeline-record';
import type { FirstFailure } from './first-failure';

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
  redriveId: 'dead-letter-redrive-id',
  editedFrom: 'dead-letter-edited-from',
  truncated: 'dead-letter-truncated',
  originalSize: 'dead-letter-original-size',
  undecodableRecords: 'dead-letter-undecodable-records',
  undecodableLastOffset: 'dead-letter-undecodable-last-offset',
  dueAt: 'retry-due-at',
  tier: 'retry-tier',
});

const OURS: ReadonlySet<string> = new Set(Object.values(DEAD_LETTER_HEADERS));

/** Kept from a record of a retry topic: they tell where it came from before its first failure. */
const OF_REDRIVES: ReadonlySet<string> = new Set([
  DEAD_LETTER_HEADERS.redriveCount,
  DEAD_LETTER_HEADERS.redriveId,
  DEAD_LETTER_HEADERS.editedFrom,
]);

/** A record that was sent back so often and fails again is flagged; a redrive leaves it where it is. */
export const MAX_REDRIVES = 3;

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
  /** What it brought along, when it was read from a retry topic. */
  readonly first?: FirstFailure | undefined;
}

/** Who says so: the same for every dead letter of a handler. */
export interface FailureOrigin {
  /** Source topic of the handler: its dead letters belong there, also from a retry topic. Default: where the record was read. */
  readonly topic?: string;
  readonly groupId: string;
  readonly pipeline: string;
  /** `<name> v<version>`; null for handlers without a contract. */
  readonly contract: string | null;
  readonly serviceVersion: string;
}

const MAX_MESSAGE_BYTES = 1_024;
/** Longest name of ours; all headers together stay below 8 KiB. */
const MAX_NAME_BYTES = 512;

/** Where a record goes, and the headers that only this kind of topic has. */
export type FailureTarget =
  | { readonly kind: 'dead-letter' }
  | { readonly kind: 'retry'; readonly tier: number; readonly dueAtMs: number };

/**
 * Adds the header contract to the original headers, which are kept byte for byte.
 *
 * Headers of the first failure (`dead-letter-original-*`, `-first-failed-at`) stay those of the
 * first. Names of the contract that somebody else wrote on the record are dropped.
 */
export function failureHeaders(
  failure: Failure,
  origin: FailureOrigin,
  nowMs: number,
  target: FailureTarget = { kind: 'dead-letter' },
): Headers {
  const added = new Map([
    ...targetHeaders(failure, target),
    ...failedHeaders(failure, origin, nowMs),
    ...originalHeaders(failure),
  ]);
  const isOurs = failure.first !== undefined;
  const kept = failure.record.headers.filter(
    ([name]) => !OURS.has(name) || (isOurs && OF_REDRIVES.has(name)),
  );
  return [...kept, ...Array.from(added, ([name, value]) => [name, Buffer.from(value)] as const)];
}

type Entries = Array<readonly [name: string, value: string]>;

function targetHeaders(failure: Failure, target: FailureTarget): Entries {
  if (target.kind === 'retry') {
    return [
      [DEAD_LETTER_HEADERS.dueAt, new Date(target.dueAtMs).toISOString()],
      [DEAD_LETTER_HEADERS.tier, String(target.tier)],
    ];
  }
  const { undecodable } = failure.record;
  const reason: Entries = [
    [DEAD_LETTER_HEADERS.reason, isSpent(failure) ? 'redrive-limit' : failure.reason],
  ];
  if (undecodable === undefined) return reason;
  return [
    ...reason,
    [DEAD_LETTER_HEADERS.undecodableRecords, String(undecodable.records)],
    [DEAD_LETTER_HEADERS.undecodableLastOffset, String(undecodable.next - 1n)],
  ];
}

/** What it failed with stays in its error code. Counted by us only on records of our own topics. */
function isSpent({ first, record }: Failure): boolean {
  const count = first === undefined ? null : headerText(record, DEAD_LETTER_HEADERS.redriveCount);
  return count !== null && /^\d{1,9}$/.test(count) && Number(count) >= MAX_REDRIVES;
}

function failedHeaders(failure: Failure, origin: FailureOrigin, nowMs: number): Entries {
  const { error, eventId } = failure;
  const entries: Entries = [
    [DEAD_LETTER_HEADERS.errorCode, error.code],
    [DEAD_LETTER_HEADERS.errorClass, oneLine(error.name, MAX_NAME_BYTES)],
    [DEAD_LETTER_HEADERS.errorMessage, oneLine(error.message)],
    [DEAD_LETTER_HEADERS.consumerGroup, origin.groupId],
    [DEAD_LETTER_HEADERS.pipeline, oneLine(origin.pipeline, MAX_NAME_BYTES)],
    [DEAD_LETTER_HEADERS.attempts, String(failure.attempts)],
    [DEAD_LETTER_HEADERS.failedAt, new Date(nowMs).toISOString()],
    [DEAD_LETTER_HEADERS.serviceVersion, oneLine(origin.serviceVersion, MAX_NAME_BYTES)],
  ];
  if (eventId !== null) entries.push([DEAD_LETTER_HEADERS.eventId, eventId]);
  if (origin.contract !== null) {
    entries.push([DEAD_LETTER_HEADERS.contract, oneLine(origin.contract, MAX_NAME_BYTES)]);
  }
  return entries;
}

function originalHeaders({ record, source, first, firstFailedAtMs }: Failure): Entries {
  const { undecodable } = record;
  const { topic, partition, offset, timestamp } = first ?? {
    ...source,
    offset: undecodable === undefined ? record.offset : undecodable.first,
    timestamp: timeOf(record.timestampMs),
  };
  return [
    [DEAD_LETTER_HEADERS.originalTopic, topic],
    [DEAD_LETTER_HEADERS.originalPartition, String(partition)],
    [DEAD_LETTER_HEADERS.originalOffset, offset.toString()],
    [DEAD_LETTER_HEADERS.originalTimestamp, timestamp],
    [DEAD_LETTER_HEADERS.firstFailedAt, new Date(firstFailedAtMs).toISOString()],
  ];
}

/** Escapes control characters, so that a message can neither break a line nor a terminal; cuts it. */
function oneLine(message: string, maxBytes = MAX_MESSAGE_BYTES): string {
  const escaped = message.replace(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const bytes = Buffer.from(escaped);
  if (bytes.length <= maxBytes) return escaped;
  return bytes
    .subarray(0, maxBytes)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
}

function timeOf(timestampMs: number): string {
  const time = new Date(timestampMs);
  // Kafka stores any 64-bit number; beyond the range of a Date the number itself is the best answer.
  return Number.isNaN(time.getTime()) ? String(timestampMs) : time.toISOString();
}
