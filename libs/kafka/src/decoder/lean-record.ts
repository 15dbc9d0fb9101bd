import type { Headers, KafkaRecord, UndecodableRange } from 'millrace/pipeline';
import { RecordCursor } from './record-cursor';

const NO_HEADERS: Headers = Object.freeze([]);

/** A record as it is in the log; its headers stay bytes until somebody reads them. */
export class LeanRecord implements KafkaRecord {
  private decoded: Headers | undefined = undefined;

  constructor(
    readonly offset: bigint,
    readonly timestampMs: number,
    readonly key: Buffer | null,
    readonly value: Buffer | null,
    /** The batch, decompressed. */
    private readonly bytes: Buffer,
    private readonly headersAt: number,
    protected readonly headerCount: number,
  ) {}

  get headers(): Headers {
    this.decoded ??= this.headerCount === 0 ? NO_HEADERS : this.decode();
    return this.decoded;
  }

  header(name: string): Buffer | null {
    if (this.headerCount === 0) return null;
    const { bytes } = this;
    const cursor = new RecordCursor(bytes, this.headersAt);
    const nameBytes = Buffer.byteLength(name);
    let start = -1;
    let end = -1;
    for (let index = 0; index < this.headerCount; index += 1) {
      const length = cursor.varint();
      const isWanted =
        length === nameBytes && bytes.toString('utf8', cursor.at, cursor.at + length) === name;
      cursor.at += length;
      const valueLength = cursor.varint();
      // The last one wins.
      if (isWanted) [start, end] = [valueLength < 0 ? -1 : cursor.at, cursor.at + valueLength];
      if (valueLength > 0) cursor.at += valueLength;
    }
    return start < 0 ? null : bytes.subarray(start, end);
  }

  private decode(): Headers {
    const cursor = new RecordCursor(this.bytes, this.headersAt);
    const headers = new Array<readonly [string, Buffer | null]>(this.headerCount);
    for (let index = 0; index < this.headerCount; index += 1) {
      headers[index] = [cursor.text(), cursor.chunk()];
    }
    return headers;
  }
}

/** A record with more headers than are looked at; it has the first ones, and the reason. */
export class CrowdedRecord extends LeanRecord {
  readonly malformed = 'too-many-headers';
}

/** Stands in the log's order for a batch that cannot be decoded. */
export class UndecodableRecord implements KafkaRecord {
  readonly timestampMs = 0;
  readonly key = null;
  readonly value = null;
  readonly headers = NO_HEADERS;

  constructor(
    readonly offset: bigint,
    readonly undecodable: UndecodableRange,
  ) {}
}
