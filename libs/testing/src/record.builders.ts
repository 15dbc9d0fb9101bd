import type { Contract } from 'millrace/contracts';
import { encodeEvent } from 'millrace/contracts';
import type { KafkaRecord, OutgoingRecord, PipelineRecord } from 'millrace/pipeline';

/** What a test may say about a record; texts become bytes. */
export interface RecordParts {
  readonly offset?: bigint;
  /** Unit ms since the Unix epoch. */
  readonly timestampMs?: number;
  readonly key?: string | Buffer | null;
  /** null = tombstone. */
  readonly value?: string | Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Makes a record as Kafka stores it.
 *
 * Promise: the same parts give the same record.
 *
 * @param parts - default: offset 0, time 0, no key, value `{}`, no headers.
 */
export function aRecord(parts: RecordParts = {}): KafkaRecord {
  const { offset = 0n, timestampMs = 0, key = null, value = '{}', headers = {} } = parts;
  return {
    offset,
    timestampMs,
    key: bytesOf(key),
    value: bytesOf(value),
    headers: Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const),
  };
}

/**
 * Makes a decoded record, as sinks and handlers get it.
 *
 * @param place - default: `events`/0 at offset 0, with the event id `<topic>-<partition>-<offset>`.
 */
export function anEvent<Event>(
  event: Event,
  place: {
    readonly eventId?: string;
    readonly topic?: string;
    readonly partition?: number;
    readonly record?: RecordParts;
  } = {},
): PipelineRecord<Event> {
  const { topic = 'events', partition = 0, record = {} } = place;
  const raw = aRecord({ value: JSON.stringify(event), ...record });
  const eventId = place.eventId ?? `${topic}-${partition}-${raw.offset}`;
  return { topic, partition, event, eventId, raw };
}

/**
 * Makes what a publisher sends for an event of a contract.
 *
 * @param origin.nowMs - becomes `ce_time` and the timestamp; default 0.
 */
export function anOutgoing<Event>(
  contract: Contract<Event>,
  event: Event,
  origin: { readonly eventId: string; readonly nowMs?: number },
): OutgoingRecord {
  const { eventId, nowMs = 0 } = origin;
  const encoded = encodeEvent(contract, event, { eventId, source: 'test', nowMs });
  return { ...encoded, topic: contract.topic, timestampMs: nowMs };
}

function bytesOf(content: string | Buffer | null): Buffer | null {
  return typeof content === 'string' ? Buffer.from(content) : content;
}
