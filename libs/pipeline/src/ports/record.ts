import type { MillraceError } from 'millrace/errors';

/** A Kafka offset: 64-bit, never a number. */
export type Offset = bigint;

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** In the order of the record; a name may repeat. A null value is allowed by the protocol. */
export type Headers = ReadonlyArray<readonly [name: string, value: Buffer | null]>;

export interface KafkaRecord {
  readonly offset: Offset;
  /** Kafka's record timestamp; unit ms since the Unix epoch. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  /** null = tombstone. */
  readonly value: Buffer | null;
  /** May be decoded lazily: read it only when needed. */
  readonly headers: Headers;
  /** The last value of one header without decoding the others, where the client can; else undefined. */
  header?(name: string): Buffer | null;
  /** Set by decode guards; such a record never reaches a handler. */
  readonly malformed?: string;
  /** Stands for a range of the log that cannot be decoded; the record has neither key nor value. */
  readonly undecodable?: UndecodableRange;
}

/** A range of the log that exists and cannot be read; the offset of the record that stands for it lies inside. */
export interface UndecodableRange {
  readonly first: Offset;
  /** First offset after the range. */
  readonly next: Offset;
  /** Records that the range says it has; unit records. */
  readonly records: number;
  readonly error: MillraceError;
}
