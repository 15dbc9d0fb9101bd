import type { FirstFailure } from '../failures/first-failure';
import type { KafkaRecord, TopicPartition } from '../ports/record';

/** A decoded and validated record: the event and where it came from. */
export interface PipelineRecord<Event = unknown> extends TopicPartition {
  readonly event: Event;
  /** Idempotency id: header `ce_id`, else `<topic>@<epoch>:<partition>:<offset>`. */
  readonly eventId: string;
  /** The record as Kafka stored it. */
  readonly raw: KafkaRecord;
  /** What it brought along from its first failure; only in retry topics. */
  readonly first?: FirstFailure;
  /** n of `<topic>.retry.<n>`; only in retry topics. */
  readonly retryTier?: number;
}

/**
 * Reads the last value of a header as text.
 *
 * @returns null when the record has no such header, or a header without a value.
 */
export function headerText(record: KafkaRecord, name: string): string | null {
  if (record.header !== undefined) return record.header(name)?.toString('utf8') ?? null;
  const { headers } = record;
  for (let index = headers.length - 1; index >= 0; index -= 1) {
    const header = headers[index];
    if (header !== undefined && header[0] === name) return header[1]?.toString('utf8') ?? null;
  }
  return null;
}
