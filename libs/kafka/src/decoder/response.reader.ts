/** Reads the fixed fields of an answer, one behind the other; throws a RangeError behind its end. */
export class ResponseReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  int16(): number {
    this.at += 2;
    return this.bytes.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.bytes.readInt32BE(this.at - 4);
  }

  int64(): bigint {
    this.at += 8;
    return this.bytes.readBigInt64BE(this.at - 8);
  }

  text(): string {
    const length = this.int16();
    this.at += Math.max(0, length);
    return this.bytes.toString('utf8', this.at - Math.max(0, length), this.at);
  }

  /** Bytes with their length in front; empty for null. */
  chunk(): Buffer {
    const start = this.at + 4;
    this.at = start + Math.max(0, this.int32());
    return this.bytes.subarray(start, this.at);
  }
}
