import type { FetchedBatch } from '../ports/driver';
import type { KafkaRecord, Offset } from '../ports/record';

/** Records that are handled together. */
export interface Slice {
  /** In the order of their offsets; none when only control records were left. */
  readonly records: readonly KafkaRecord[];
  /** Last offset + 1, gaps and control records included. */
  readonly next: Offset;
  /** What the queue is rid of; unit bytes. */
  readonly bytes: number;
}

export interface SliceBounds {
  /** Unit records. */
  readonly maxRecords: number;
  /** Keys and values together; a longer record comes alone; unit bytes; infinite = not counted. */
  readonly maxBytes: number;
}

interface Entry {
  readonly batch: FetchedBatch;
  readonly arrivedAtMs: number;
}

const lengthOf = ({ key, value }: KafkaRecord): number => (key?.length ?? 0) + (value?.length ?? 0);

/**
 * Fetched batches that are not begun, cut into slices.
 *
 * Promises: slices hold the records in order, each once, and keep both bounds.
 *
 * Without a bound of bytes nothing is counted per record, and the bytes of a batch are given back
 * with its last slice: until then the client's buffer is held as a whole.
 */
export class BatchQueue {
  private readonly entries: Entry[] = [];
  /** Of the first batch: records that are cut off, and their bytes as far as they were counted. */
  private cursor = 0;
  private countedBytes = 0;
  private heldRecords = 0;
  private heldBytes = 0;
  /** Where the queue begins or would begin. */
  private start: Offset | null = null;

  constructor(private readonly bounds: SliceBounds) {}

  /** Unit records. */
  get records(): number {
    return this.heldRecords;
  }

  /** Unit bytes. */
  get bytes(): number {
    return this.heldBytes;
  }

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  /** True when the next slice cannot grow any more. */
  get hasFullSlice(): boolean {
    return this.heldRecords >= this.bounds.maxRecords || this.heldBytes >= this.bounds.maxBytes;
  }

  /** When the first record that waits came; null when none does. */
  get oldestMs(): number | null {
    if (this.heldRecords === 0) return null;
    return this.entries.find(({ batch }) => batch.records.length > 0)?.arrivedAtMs ?? null;
  }

  /** The first record that waits; null when none does. */
  get head(): KafkaRecord | null {
    const [first, ...later] = this.entries;
    const record = first?.batch.records[this.cursor];
    return record ?? later.find(({ batch }) => batch.records.length > 0)?.batch.records[0] ?? null;
  }

  /** First offset that was not cut off yet; null before the first batch. */
  get position(): Offset | null {
    const first = this.entries.find(({ batch }) => batch.records.length > 0);
    return (
      this.start ?? first?.batch.records[0]?.offset ?? this.entries[0]?.batch.nextOffset ?? null
    );
  }

  /** @param nowMs - monotonic; only asked back by {@link oldestMs}. */
  push(batch: FetchedBatch, nowMs: number): void {
    this.entries.push({ batch, arrivedAtMs: nowMs });
    this.heldRecords += batch.records.length;
    this.heldBytes += batch.bytes;
  }

  /** Forgets everything, at once. */
  drop(): void {
    this.entries.length = 0;
    this.cursor = 0;
    this.countedBytes = 0;
    this.heldRecords = 0;
    this.heldBytes = 0;
    this.start = null;
  }

  /**
   * Takes the next slice off. Ask only when the queue is not empty.
   *
   * @param mayTake - the slice ends before the first record that it refuses; default: takes all.
   */
  cut(mayTake?: (record: KafkaRecord) => boolean): Slice {
    const isPlain = mayTake === undefined && !Number.isFinite(this.bounds.maxBytes);
    const slice = isPlain ? this.cutByRecords() : this.cutCounted(mayTake);
    this.start = slice.next;
    this.heldRecords -= slice.records.length;
    this.heldBytes -= slice.bytes;
    return slice;
  }

  private cutByRecords(): Slice {
    const records: KafkaRecord[] = [];
    let next: Offset = 0n;
    let bytes = 0;
    let batch = this.entries[0]?.batch;
    while (batch !== undefined) {
      const end = this.cursor + this.bounds.maxRecords - records.length;
      for (let index = this.cursor; index < end && index < batch.records.length; index += 1) {
        records.push(batch.records[index] as KafkaRecord);
      }
      const rest = batch.records[end];
      if (rest !== undefined) {
        this.cursor = end;
        next = rest.offset;
        break;
      }
      next = batch.nextOffset;
      bytes += this.shift(batch);
      batch = records.length < this.bounds.maxRecords ? this.entries[0]?.batch : undefined;
    }
    return { records, next, bytes };
  }

  private cutCounted(mayTake: (record: KafkaRecord) => boolean = () => true): Slice {
    const { maxRecords, maxBytes } = this.bounds;
    const records: KafkaRecord[] = [];
    let next: Offset = 0n;
    let bytes = 0;
    let counted = 0;
    let batch = this.entries[0]?.batch;
    while (batch !== undefined && records.length < maxRecords) {
      const record = batch.records[this.cursor];
      if (record === undefined) {
        next = batch.nextOffset;
        bytes += this.shift(batch);
        batch = this.entries[0]?.batch;
        continue;
      }
      const length = lengthOf(record);
      if (records.length > 0 && (counted + length > maxBytes || !mayTake(record))) {
        next = record.offset;
        break;
      }
      records.push(record);
      counted += length;
      bytes += length;
      this.countedBytes += length;
      this.cursor += 1;
      // Behind the last record of a batch come its gaps.
      next = batch.records[this.cursor]?.offset ?? batch.nextOffset;
      if (this.cursor === batch.records.length) {
        bytes += this.shift(batch);
        batch = this.entries[0]?.batch;
      }
    }
    return { records, next, bytes };
  }

  /** @returns its bytes that were not given back yet. */
  private shift(batch: FetchedBatch): number {
    const rest = batch.bytes - this.countedBytes;
    this.entries.shift();
    this.cursor = 0;
    this.countedBytes = 0;
    return rest;
  }
}
