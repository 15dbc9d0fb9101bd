import type { BatchFrame } from './batch-frame';
import { CrowdedRecord, LeanRecord } from './lean-record';
import { RecordCursor } from './record-cursor';

/** Headers of one record that are looked at; unit headers. */
export const MAX_HEADERS = 64;
/** Of a record with more: what it keeps; a dead letter adds its own. */
const CROWDED_HEADERS = 48;

/**
 * Reads the records of one batch, a stretch at a time, so that a large batch can let others run.
 *
 * Throws a RangeError when the bytes are not records of this batch; nothing read before counts then.
 */
export class RecordReader {
  private readonly cursor: RecordCursor;
  private index = 0;
  private lastDelta = -1;
  private readonly maxDelta: number;
  /** null: beyond what a number holds. */
  private readonly base: number | null;

  constructor(
    private readonly frame: BatchFrame,
    /** The records, decompressed. */
    private readonly bytes: Buffer,
  ) {
    this.cursor = new RecordCursor(bytes, 0);
    this.maxDelta = Number(frame.lastOffset - frame.baseOffset);
    const base = Number(frame.baseOffset);
    this.base = Number.isSafeInteger(base + this.maxDelta) ? base : null;
  }

  /**
   * Reads up to `count` records.
   *
   * @param first - records below this offset are left out.
   * @returns true while there are more.
   */
  read(count: number, first: bigint, into: LeanRecord[]): boolean {
    const { recordCount, baseOffset } = this.frame;
    const firstDelta = first > baseOffset ? Number(first - baseOffset) : 0;
    const end = Math.min(recordCount, this.index + count);
    for (; this.index < end; this.index += 1) this.one(firstDelta, into);
    if (end < recordCount) return true;
    if (this.cursor.at !== this.bytes.length) throw new RangeError('bytes behind the last record');
    return false;
  }

  private one(firstDelta: number, into: LeanRecord[]): void {
    const { cursor, bytes, frame } = this;
    const length = cursor.varint();
    const end = cursor.at + length;
    if (length <= 0 || end > bytes.length) throw new RangeError('a record is cut off');
    cursor.at += 1; // Attributes, unused.
    const timeDelta = cursor.varlong();
    const delta = cursor.varint();
    if (delta <= this.lastDelta || delta > this.maxDelta) {
      throw new RangeError('an offset is outside of its batch');
    }
    this.lastDelta = delta;
    const key = this.field(end);
    const value = this.field(end);
    const headerCount = cursor.varint();
    const headersAt = cursor.at;
    if (headerCount < 0 || headersAt > end) throw new RangeError('a record without headers field');
    this.stepOverHeaders(headerCount, end);
    if (delta < firstDelta) return;
    into.push(
      new (headerCount > MAX_HEADERS ? CrowdedRecord : LeanRecord)(
        this.base === null ? frame.baseOffset + BigInt(delta) : BigInt(this.base + delta),
        frame.appendedAtMs ?? frame.firstTimestampMs + timeDelta,
        key,
        value,
        bytes,
        headersAt,
        headerCount > MAX_HEADERS ? CROWDED_HEADERS : headerCount,
      ),
    );
  }

  private field(end: number): Buffer | null {
    const { cursor } = this;
    const length = cursor.varint();
    if (length < 0) {
      if (length === -1) return null;
      throw new RangeError('a negative length');
    }
    const start = cursor.at;
    if (length > end - start) throw new RangeError('a field is longer than its record');
    cursor.at = start + length;
    return this.bytes.subarray(start, cursor.at);
  }

  /** Looks at them once, so that reading them later cannot fail. */
  private stepOverHeaders(count: number, end: number): void {
    const { cursor } = this;
    for (let index = 0; index < count; index += 1) {
      cursor.skip(end, false);
      cursor.skip(end, true);
    }
    if (cursor.at !== end) throw new RangeError('a record has another length than its fields');
  }
}
