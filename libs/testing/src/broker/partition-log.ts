import type { KafkaRecord, Offset } from 'millrace/pipeline';

/** What is appended; offset and order number come from the log. */
export interface AppendedRecord extends Omit<KafkaRecord, 'offset' | 'malformed'> {
  /** Place in the order of all appends of the broker. */
  readonly sequence: number;
}

interface StoredRecord extends AppendedRecord {
  readonly offset: Offset;
}

export interface LogSlice {
  readonly records: readonly KafkaRecord[];
  readonly nextOffset: Offset;
  readonly bytes: number;
}

/**
 * One partition: records in the order in which they came, from `earliest` to `end`.
 *
 * Promises: an offset is given once and never again; bytes are copied on the way in, so nobody can
 * change what is stored.
 */
export class PartitionLog {
  private readonly stored: StoredRecord[] = [];
  private start: Offset = 0n;
  /** First offset of each range that cannot be decoded, and the first one after it. */
  private readonly unreadable = new Map<Offset, Offset>();

  get earliest(): Offset {
    return this.start;
  }

  /** Next offset to be written. */
  get end(): Offset {
    return this.start + BigInt(this.stored.length);
  }

  get records(): readonly StoredRecord[] {
    return this.stored;
  }

  append(record: AppendedRecord): Offset {
    const offset = this.end;
    this.stored.push({
      sequence: record.sequence,
      timestampMs: record.timestampMs,
      key: copied(record.key),
      value: copied(record.value),
      headers: record.headers.map(([name, value]) => [name, copied(value)] as const),
      offset,
    });
    return offset;
  }

  /**
   * Reads from an offset on, at least one record when there is one.
   *
   * Stops before an undecodable record; a read that begins with one is empty.
   *
   * @param limits.maxBytes - bytes of keys and values after which the slice ends.
   */
  read(from: Offset, limits: { maxBytes: number; maxRecords: number }): LogSlice {
    const first = Number(from - this.start);
    const records: StoredRecord[] = [];
    let bytes = 0;
    for (let index = first; index < this.stored.length; index += 1) {
      const record = this.stored[index];
      if (record === undefined || this.unreadableAround(record.offset) !== null) break;
      const size = (record.key?.length ?? 0) + (record.value?.length ?? 0);
      if (records.length >= limits.maxRecords) break;
      if (records.length > 0 && bytes + size > limits.maxBytes) break;
      records.push(record);
      bytes += size;
    }
    return { records, nextOffset: from + BigInt(records.length), bytes };
  }

  /** The range of spoilt bytes around this offset; null when it can be read. */
  unreadableAround(offset: Offset): { readonly first: Offset; readonly next: Offset } | null {
    for (const [first, next] of this.unreadable) {
      if (offset >= first && offset < next) return { first, next };
    }
    return null;
  }

  /** Makes the bytes of a range impossible to decode. @param count - unit records. */
  spoil(first: Offset, count: number): void {
    this.unreadable.set(first, first + BigInt(count));
  }

  /** Deletes everything below an offset, as retention does. Never beyond the end. */
  deleteBefore(offset: Offset): void {
    const target = offset < this.end ? offset : this.end;
    if (target <= this.start) return;
    this.stored.splice(0, Number(target - this.start));
    this.start = target;
  }

  /** First offset at or after a time; the end where there is none. */
  offsetAt(timestampMs: number): Offset {
    return this.stored.find((record) => record.timestampMs >= timestampMs)?.offset ?? this.end;
  }
}

function copied(bytes: Buffer | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}
