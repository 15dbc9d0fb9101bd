import type { KafkaRecord, Offset } from '../ports/record';
import { headerText } from '../records/pipeline-record';
import { DEAD_LETTER_HEADERS } from './dead-letter.headers';

/**
 * What a record brings along from its first failure. Read from our own retry topics only: on any
 * other topic everybody can write such headers.
 */
export interface FirstFailure {
  readonly topic: string;
  readonly partition: number;
  readonly offset: Offset;
  readonly timestamp: string;
  readonly failedAtMs: number;
  /** Tries made before this topic, all stages together. */
  readonly attempts: number;
  /** The group that failed: the others have nothing to do with the record. */
  readonly groupId: string;
  readonly eventId: string | null;
  readonly dueAtMs: number;
}

/** @returns null when the headers of a retry record are not there or make no sense. */
export function firstFailureOf(record: KafkaRecord): FirstFailure | null {
  const text = (name: keyof typeof DEAD_LETTER_HEADERS) =>
    headerText(record, DEAD_LETTER_HEADERS[name]);
  const topic = text('originalTopic');
  const offset = text('originalOffset');
  const groupId = text('consumerGroup');
  const partition = wholeNumber(text('originalPartition'));
  if (topic === null || groupId === null || partition === null) return null;
  if (offset === null || !/^\d{1,19}$/.test(offset)) return null;
  return {
    topic,
    partition,
    offset: BigInt(offset),
    timestamp: text('originalTimestamp') ?? '',
    failedAtMs: timeMs(text('firstFailedAt')),
    attempts: wholeNumber(text('attempts')) ?? 1,
    groupId,
    eventId: text('eventId'),
    dueAtMs: timeMs(text('dueAt')),
  };
}

/** When a record of a retry topic may be begun; at once, when it is not for this group; unit ms. */
export function dueAtMsOf(record: KafkaRecord, groupId: string): number {
  const first = record.undecodable === undefined ? firstFailureOf(record) : null;
  return first?.groupId === groupId ? first.dueAtMs : 0;
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** A time that cannot be read is over. */
function timeMs(text: string | null): number {
  const parsed = text === null ? NaN : Date.parse(text);
  return Number.isNaN(parsed) ? 0 : parsed;
}
