import type { OutgoingRecord } from 'millrace/pipeline';
import { Binary } from 'mongodb';
import type { ObjectId } from 'mongodb';

/** Holds one document per event that is not in Kafka yet, or that Kafka refused. */
export const OUTBOX_COLLECTION = 'pipeline_outbox';
/** Holds the order of each key, and who relays. */
export const OUTBOX_STATE_COLLECTION = 'pipeline_outbox_state';

/** An event of the outbox, as it is stored. */
export interface OutboxDocument {
  readonly _id: ObjectId;
  /** `refused`: Kafka will never take it; a person has to look at it. */
  readonly state: 'pending' | 'refused';
  /** Rises with every event of its key, in the order of the commits. */
  readonly order: number;
  readonly eventId: string;
  readonly topic: string;
  readonly key: Binary | null;
  readonly value: Binary | null;
  readonly headers: ReadonlyArray<{ readonly name: string; readonly value: Binary | null }>;
  readonly timestampMs: number;
  /** Only labels its age: no order depends on it. */
  readonly createdAt: Date;
  readonly refusedAt?: Date;
  readonly error?: { readonly code: string; readonly message: string };
}

/** What a document keeps of a record. */
export type StoredRecord = Pick<
  OutboxDocument,
  'topic' | 'key' | 'value' | 'headers' | 'timestampMs'
>;

/** Writes a record down, byte for byte. */
export function storedRecord(
  { topic, key, value, headers, timestampMs }: OutgoingRecord,
  nowMs: number,
): StoredRecord {
  return {
    topic,
    key: binaryOf(key),
    value: binaryOf(value),
    headers: headers.map(([name, text]) => ({ name, value: binaryOf(text) })),
    timestampMs: timestampMs ?? nowMs,
  };
}

/** Makes the record again, as it was. */
export function outgoingRecord(stored: StoredRecord): OutgoingRecord {
  return {
    topic: stored.topic,
    key: bufferOf(stored.key),
    value: bufferOf(stored.value),
    headers: stored.headers.map(({ name, value }) => [name, bufferOf(value)] as const),
    timestampMs: stored.timestampMs,
  };
}

/** Bytes of keys, values and headers; unit bytes. */
export function bytesOf({ key, value, headers }: StoredRecord): number {
  const texts = headers.reduce((sum, h) => sum + h.name.length + (h.value?.length() ?? 0), 0);
  return (key?.length() ?? 0) + (value?.length() ?? 0) + texts;
}

const binaryOf = (bytes: Buffer | null) => (bytes === null ? null : new Binary(bytes));

function bufferOf(bytes: Binary | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes.value());
}
