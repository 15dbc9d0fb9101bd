import type { Headers, Offset } from 'millrace/pipeline';
import { MemoryPartitionMissingError } from '../testing.errors';
import { PartitionLog } from './partition-log';
import { partitionForKey } from './partitioner';

/** What a producer hands to the broker. */
export interface ProducedRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Headers;
  readonly timestampMs: number;
  /** Default: by key as the Java client does; without a key, in turn. */
  readonly partition?: number;
}

/** Where a record is. */
export interface RecordPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: Offset;
}

/** One topic: its partitions and the order of all its appends. */
export class TopicLog {
  private readonly logs: PartitionLog[] = [];
  private appended = 0;

  /** @param turn - which partition the first record without a key goes to. */
  constructor(
    readonly topic: string,
    partitions: number,
    private turn: number,
  ) {
    this.grow(partitions);
  }

  get partitions(): readonly PartitionLog[] {
    return this.logs;
  }

  /** @throws {MemoryPartitionMissingError} MEMORY_PARTITION_MISSING; retryable: no. */
  partition(index: number): PartitionLog {
    const log = this.logs[index];
    if (log === undefined) {
      throw new MemoryPartitionMissingError({
        message: `topic "${this.topic}" has ${this.logs.length} partitions, and none with number ${index}`,
        where: `${this.topic}/${index}`,
      });
    }
    return log;
  }

  grow(partitions: number): void {
    while (this.logs.length < partitions) this.logs.push(new PartitionLog());
  }

  append(record: ProducedRecord): RecordPosition {
    const partition = record.partition ?? this.choose(record.key);
    this.appended += 1;
    const offset = this.partition(partition).append({ ...record, sequence: this.appended });
    return { topic: this.topic, partition, offset };
  }

  /** The newest records of the topic, in the order of their appends. */
  newest(count: number): readonly ProducedRecord[] {
    return this.logs
      .flatMap((log, partition) =>
        log.records.slice(-count).map((record) => ({ ...record, partition })),
      )
      .sort((a, b) => a.sequence - b.sequence)
      .slice(-count);
  }

  private choose(key: Buffer | null): number {
    if (key !== null) return partitionForKey(key, this.logs.length);
    this.turn = (this.turn + 1) % this.logs.length;
    return this.turn;
  }
}
