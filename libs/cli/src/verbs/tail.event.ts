import type { Contract } from 'millrace/contracts';
import type { KafkaRecord, TopicPartition } from 'millrace/pipeline';
import { contractsLib, pipelineLib } from '../lazy';

/** A record of a log with its place. */
export type LocatedRecord = TopicPartition & { readonly record: KafkaRecord };

/** An event as `tail` tells it; a JSON line is exactly this. */
export interface TailedEvent {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestamp: Date;
  readonly key: string | null;
  readonly eventId: string | null;
  /** Name and version as the record says; null without headers. */
  readonly contract: string | null;
  readonly event?: unknown;
  /** Instead of the event: why it cannot be read. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** Reads a record by its contract; personal data is masked. Never throws. */
export function readRecord(
  contract: Contract,
  { topic, partition, record }: LocatedRecord,
): TailedEvent {
  const { EVENT_HEADERS, decodeEvent, maskPersonalData } = contractsLib();
  const { headerText } = pipelineLib();
  const { offset, timestampMs, value, key } = record;
  const version = headerText(record, EVENT_HEADERS.contractVersion) ?? null;
  const type = headerText(record, EVENT_HEADERS.type) ?? null;
  const place = {
    topic,
    partition,
    offset,
    timestamp: new Date(timestampMs),
    key: key?.toString('utf8') ?? null,
    eventId: headerText(record, EVENT_HEADERS.id) ?? null,
    contract: type === null ? null : `${type}${version === null ? '' : ` v${version}`}`,
  };
  if (record.undecodable !== undefined) {
    const { code, message } = record.undecodable.error;
    return { ...place, error: { code, message } };
  }
  const decoded = decodeEvent(contract, value, version);
  if ('error' in decoded) {
    const { code, message } = decoded.error;
    return { ...place, error: { code, message } };
  }
  const { event } = maskPersonalData(decoded.event, contract.personalData);
  return { ...place, event };
}
