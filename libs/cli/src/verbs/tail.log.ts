import type { KafkaDriver, ReaderPort, TopicPartition } from 'millrace/pipeline';
import { sleep } from 'millrace/retry';
import type { Clock } from 'millrace/retry';
import { CliUsageError } from '../cli.errors';
import type { LocatedRecord } from './tail.event';

export interface TailWindow {
  readonly topic: string;
  readonly partition?: number | undefined;
  /** The last so many; ignored with `from`. */
  readonly lines: number;
  readonly from?: 'beginning' | Date | undefined;
  readonly follow: boolean;
}

interface LogTailParts {
  readonly driver: KafkaDriver;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const MAX_BYTES = 1024 * 1024;
const MAX_WAIT_MS = 2_000;
const FOLLOW_EVERY_MS = 500;
const CLOSE_MS = 2_000;

type Offsets = ReadonlyMap<number, { readonly earliest: bigint; readonly end: bigint }>;

/** Reads the end of a topic without a group, one partition after the other, in bounded memory. */
export class LogTail {
  private readonly reader: ReaderPort;

  constructor(private readonly parts: LogTailParts) {
    this.reader = parts.driver.reader();
  }

  async *read(window: TailWindow): AsyncGenerator<LocatedRecord> {
    const { topic, follow } = window;
    let offsets = await this.offsetsOf(window);
    const next = await this.startOf(window, offsets);
    const isLast = window.from === undefined;
    yield* isLast ? this.last(topic, next, offsets, window.lines) : this.upTo(topic, next, offsets);
    while (follow) {
      await sleep(this.parts.clock, FOLLOW_EVERY_MS, this.parts.signal);
      offsets = await this.offsetsOf(window);
      yield* this.upTo(topic, next, offsets);
    }
  }

  async close(): Promise<void> {
    await this.reader.close({ deadlineMs: CLOSE_MS });
  }

  /** @throws {CliUsageError} CLI_USAGE for a topic or partition that is not there. */
  private async offsetsOf({ topic, partition }: TailWindow): Promise<Offsets> {
    const admin = this.parts.driver.admin();
    const [description] = await admin.describeTopics([topic]);
    if (description?.exists !== true) {
      throw new CliUsageError({
        message: `topic "${topic}" does not exist on ${this.parts.driver.address}`,
        likelyCause: 'nothing was published yet, or these are other brokers',
        fix: 'start the service, or look at the brokers: millrace config',
      });
    }
    const all = await admin.offsets(topic);
    if (partition === undefined) return all;
    const one = all.get(partition);
    if (one !== undefined) return new Map([[partition, one]]);
    throw new CliUsageError({ message: `topic "${topic}" has partitions 0 to ${all.size - 1}` });
  }

  private async startOf(
    { topic, lines, from }: TailWindow,
    offsets: Offsets,
  ): Promise<Map<number, bigint>> {
    const at =
      from instanceof Date
        ? await this.parts.driver.admin().offsetsAt(topic, from.getTime())
        : undefined;
    return new Map(
      [...offsets].map(([partition, { earliest, end }]) => {
        if (from === 'beginning') return [partition, earliest];
        if (at !== undefined) return [partition, at.get(partition) ?? end];
        const wanted = end - BigInt(lines);
        return [partition, wanted > earliest ? wanted : earliest];
      }),
    );
  }

  /** The last records of all partitions together, oldest first; moves `next`. */
  private async *last(
    topic: string,
    next: Map<number, bigint>,
    offsets: Offsets,
    lines: number,
  ): AsyncGenerator<LocatedRecord> {
    let kept: LocatedRecord[] = [];
    for await (const located of this.upTo(topic, next, offsets)) {
      kept.push(located);
      // A little room, so that not every record sorts.
      if (kept.length >= 2 * lines + 64) kept = newest(kept, lines);
    }
    yield* newest(kept, lines);
  }

  /** Everything below the end offsets; moves `next`. */
  private async *upTo(
    topic: string,
    next: Map<number, bigint>,
    offsets: Offsets,
  ): AsyncGenerator<LocatedRecord> {
    for (const [partition, { end }] of offsets) {
      const place: TopicPartition = { topic, partition };
      // A partition that was added later begins at its beginning.
      let offset = next.get(partition) ?? 0n;
      while (offset < end) {
        const batch = await this.reader.read(
          { ...place, offset },
          { maxBytes: MAX_BYTES, maxWaitMs: MAX_WAIT_MS, signal: this.parts.signal },
        );
        const records = batch.records.filter((record) => record.offset < end);
        for (const record of records) yield { ...place, record };
        // Nothing readable is left below the end: what remains are markers of transactions.
        offset = batch.nextOffset > offset ? batch.nextOffset : end;
        next.set(partition, offset);
      }
    }
  }
}

function newest(records: readonly LocatedRecord[], count: number): LocatedRecord[] {
  const sorted = [...records].sort((a, b) => a.record.timestampMs - b.record.timestampMs);
  return count === 0 ? [] : sorted.slice(-count);
}
