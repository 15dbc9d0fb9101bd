import type { KafkaRecord, Offset, TopicPartition } from '../ports/record';

/** A slice that is being worked on. Opaque: hand it back to {@link DeadLetterRuns.end}. */
export interface OpenSlice {
  readonly partition: string;
  readonly records: readonly KafkaRecord[];
  /** By position in the slice; null while nothing of it failed. */
  dead: Set<number> | null;
}

/**
 * Knows how many dead letters follow each other without a gap, per partition.
 *
 * Records that were not refused count as good, also those that are not decided yet.
 */
export class DeadLetterRuns {
  /** Dead letters in a row at the end of what is finished. */
  private readonly tails = new Map<string, number>();
  private readonly open = new Map<string, Set<OpenSlice>>();
  private openCount = 0;

  /** Records that are being worked on. */
  get openRecords(): number {
    return this.openCount;
  }

  begin(source: TopicPartition, records: readonly KafkaRecord[]): OpenSlice {
    const slice: OpenSlice = { partition: keyOf(source), records, dead: null };
    const slices = this.open.get(slice.partition) ?? new Set();
    slices.add(slice);
    this.open.set(slice.partition, slices);
    this.openCount += records.length;
    return slice;
  }

  /** @param isFinished - false when it was abandoned: its records come again. */
  end(slice: OpenSlice, isFinished: boolean): void {
    if (this.open.get(slice.partition)?.delete(slice) !== true) return;
    this.openCount -= slice.records.length;
    if (!isFinished) return;
    const { length } = slice.records;
    const run = runBefore(slice, length);
    const tail = run === length ? this.tailOf(slice.partition) + run : run;
    this.tails.set(slice.partition, tail);
  }

  /** How long the run would be with this record in it. */
  lengthWith(source: TopicPartition, offset: Offset): number {
    const partition = keyOf(source);
    const place = this.find(partition, offset);
    if (place === null) return this.tailOf(partition) + 1;
    const { slice, index } = place;
    const before = runBefore(slice, index);
    const tail = before === index ? this.tailOf(partition) : 0;
    return tail + before + 1 + runAfter(slice, index);
  }

  add(source: TopicPartition, offset: Offset): void {
    const partition = keyOf(source);
    const place = this.find(partition, offset);
    if (place === null) {
      this.tails.set(partition, this.tailOf(partition) + 1);
      return;
    }
    place.slice.dead ??= new Set();
    place.slice.dead.add(place.index);
  }

  /** Forgets every run; what is being worked on stays known. */
  clear(): void {
    this.tails.clear();
    for (const slices of this.open.values()) for (const slice of slices) slice.dead = null;
  }

  private tailOf(partition: string): number {
    return this.tails.get(partition) ?? 0;
  }

  private find(
    partition: string,
    offset: Offset,
  ): { readonly slice: OpenSlice; readonly index: number } | null {
    for (const slice of this.open.get(partition) ?? []) {
      const index = slice.records.findIndex((record) => record.offset === offset);
      if (index >= 0) return { slice, index };
    }
    return null;
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

function runBefore({ dead }: OpenSlice, index: number): number {
  let length = 0;
  while (dead?.has(index - length - 1) === true) length += 1;
  return length;
}

function runAfter({ dead }: OpenSlice, index: number): number {
  let length = 0;
  while (dead?.has(index + length + 1) === true) length += 1;
  return length;
}
