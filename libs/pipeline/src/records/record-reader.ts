import type { Contract } from 'millrace/contracts';
import { EVENT_HEADERS, decodeEvent, flawOfJson, isEventId } from 'millrace/contracts';
import type { MillraceError } from 'millrace/errors';
import type { DeadLetterReason } from '../failures/dead-letter.headers';
import type { KafkaRecord, TopicPartition } from '../ports/record';
import { EventIdInvalidError, RecordMalformedError, RecordTooLongError } from '../pipeline.errors';
import type { PipelineRecord } from './pipeline-record';
import { headerText } from './pipeline-record';

/** A record that cannot become an event. */
export interface Unreadable {
  readonly reason: DeadLetterReason;
  readonly error: MillraceError;
  readonly eventId: string | null;
}

/** Turns a record into an event, or says why it is none. Never throws. */
export type RecordReader = (
  record: KafkaRecord,
  source: TopicPartition,
) => PipelineRecord | Unreadable;

export interface ReaderOptions {
  /** Longest value that is parsed; unit bytes. */
  readonly maxRecordBytes: number;
  /** Raised by the operator when a topic was deleted and created again; part of the fallback id. */
  readonly topicEpoch: number;
}

/** Reads records of one contract: size, decode, upcast, validate, identity. */
export function contractReader(contract: Contract, options: ReaderOptions): RecordReader {
  return function readRecord(record, source) {
    const guarded = guard(record, source, options);
    if ('error' in guarded) return guarded;
    const version = headerText(record, EVENT_HEADERS.contractVersion);
    const decoded = decodeEvent(contract, record.value, version);
    if ('error' in decoded) return { ...decoded, eventId: guarded.eventId };
    return {
      event: decoded.event,
      eventId: guarded.eventId,
      raw: record,
      topic: source.topic,
      partition: source.partition,
    };
  };
}

/**
 * Reads records for handlers without a contract as Nest's Kafka transport does: JSON objects and
 * arrays parsed, other text as text, binary values (first byte 0) as bytes, null for a tombstone.
 * Refused is only JSON that would harm whoever copies it or walks through it.
 */
export function plainReader(options: ReaderOptions): RecordReader {
  return function readPlainRecord(record, source) {
    const guarded = guard(record, source, options);
    if ('error' in guarded) return guarded;
    const { topic, partition } = source;
    const event = plainValue(record.value);
    const flaw = Buffer.isBuffer(event) ? null : flawOfJson(event);
    if (flaw !== null) {
      const error = new RecordMalformedError({ message: `the JSON ${flaw}` });
      return { reason: 'malformed', error, eventId: guarded.eventId };
    }
    return {
      event,
      eventId: guarded.eventId,
      raw: record,
      topic,
      partition,
    };
  };
}

function guard(
  record: KafkaRecord,
  source: TopicPartition,
  options: ReaderOptions,
): { readonly eventId: string } | Unreadable {
  if (record.undecodable !== undefined) {
    return { reason: 'undecodable', error: record.undecodable.error, eventId: null };
  }
  if (record.malformed !== undefined) {
    const error = new RecordMalformedError({
      message: `the record is malformed: ${record.malformed}`,
    });
    return { reason: 'malformed', error, eventId: null };
  }
  const sent = headerText(record, EVENT_HEADERS.id);
  if (sent !== null && !isEventId(sent)) {
    return { reason: 'contract-invalid', error: new EventIdInvalidError(), eventId: null };
  }
  const eventId = sent ?? positionId(record, source, options.topicEpoch);
  const bytes = record.value?.length ?? 0;
  if (bytes > options.maxRecordBytes) {
    const message = `the value has ${bytes} bytes, this service accepts ${options.maxRecordBytes}`;
    return { reason: 'too-large', error: new RecordTooLongError({ message }), eventId };
  }
  return { eventId };
}

function positionId(record: KafkaRecord, source: TopicPartition, epoch: number): string {
  return `${source.topic}@${epoch}:${source.partition}:${record.offset}`;
}

function plainValue(value: Buffer | null): unknown {
  if (value === null) return null;
  if (value[0] === 0) return value;
  const text = value.toString('utf8');
  if (!text.startsWith('{') && !text.startsWith('[')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
