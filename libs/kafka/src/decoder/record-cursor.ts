const MAX_VARINT_SHIFT = 28;
const MAX_VARLONG_BYTES = 10;

/**
 * Reads the variable-length fields of records, one behind the other.
 *
 * Throws a RangeError for a field that cannot be one. Reading behind the end gives zeros: who reads
 * a record compares its end.
 *
 * @see https://protobuf.dev/programming-guides/encoding/#signed-ints
 */
export class RecordCursor {
  constructor(
    readonly bytes: Buffer,
    public at: number,
  ) {}

  /** A zigzag number of 32 bits. */
  varint(): number {
    const { bytes } = this;
    let byte = bytes[this.at++] ?? 0;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      if (shift > MAX_VARINT_SHIFT) throw new RangeError('a number of more than 32 bits');
      byte = bytes[this.at++] ?? 0;
      value |= (byte & 0x7f) << shift;
    }
    return (value >>> 1) ^ -(value & 1);
  }

  /** A zigzag number of 64 bits; exact up to 2^53. */
  varlong(): number {
    const { bytes } = this;
    let byte = bytes[this.at++] ?? 0;
    let value = byte & 0x7f;
    let factor = 128;
    for (let read = 1; byte >= 0x80; read += 1) {
      if (read >= MAX_VARLONG_BYTES) throw new RangeError('a number of more than 64 bits');
      byte = bytes[this.at++] ?? 0;
      value += (byte & 0x7f) * factor;
      factor *= 128;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Bytes with their length in front; null for length -1. */
  chunk(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    const start = this.at;
    this.at = start + length;
    return this.bytes.subarray(start, this.at);
  }

  /** Text with its length in front. */
  text(): string {
    const length = this.varint();
    const start = this.at;
    this.at = start + length;
    return this.bytes.toString('utf8', start, this.at);
  }

  /** Steps over a field; -1 is allowed where the field may be null. */
  skip(limit: number, isNullable: boolean): void {
    const length = this.varint();
    if (length < (isNullable ? -1 : 0) || length > limit - this.at) {
      throw new RangeError('a field is longer than its record');
    }
    if (length > 0) this.at += length;
  }
}
