import type { KafkaRecord, Offset, TopicPartition } from 'millrace/pipeline';

/** What is needed of a reader without a group. */
export interface RangeReader {
  read(
    from: TopicPartition & { readonly offset: Offset },
    options: { readonly maxBytes: number; readonly maxWaitMs: number },
  ): Promise<{ readonly records: readonly KafkaRecord[] }>;
}

/** One batch of records is enough; unit bytes. */
const MAX_BYTES = 65_536;
const MAX_WAIT_MS = 1_000;
/** Reads under way at the same time. */
const SIDE_BY_SIDE = 8;

/** Tells when records were written, by reading them. A position that stands still is read once. */
export class RecordTimes {
  private readonly known = new Map<string, { offset: Offset; timestampMs: number }>();

  constructor(private readonly reader: () => RangeReader) {}

  /**
   * Timestamps of the first records at or after positions; null for one that cannot be read.
   *
   * @returns in the order of the positions; unit ms since the Unix epoch.
   */
  async at(
    positions: ReadonlyArray<TopicPartition & { readonly offset: Offset }>,
  ): Promise<ReadonlyArray<number | null>> {
    const times: Array<number | null> = [];
    for (let first = 0; first < positions.length; first += SIDE_BY_SIDE) {
      const some = positions.slice(first, first + SIDE_BY_SIDE);
      times.push(...(await Promise.all(some.map((position) => this.timeAt(position)))));
    }
    return times;
  }

  private async timeAt(
    position: TopicPartition & { readonly offset: Offset },
  ): Promise<number | null> {
    const key = `${position.topic}/${position.partition}`;
    const known = this.known.get(key);
    if (known?.offset === position.offset) return known.timestampMs;
    const timestampMs = await this.read(position);
    if (timestampMs !== null) this.known.set(key, { offset: position.offset, timestampMs });
    return timestampMs;
  }

  private async read(
    position: TopicPartition & { readonly offset: Offset },
  ): Promise<number | null> {
    try {
      const limits = { maxBytes: MAX_BYTES, maxWaitMs: MAX_WAIT_MS };
      const { records } = await this.reader().read(position, limits);
      const first = records.find(({ offset }) => offset >= position.offset);
      return first === undefined || first.undecodable !== undefined ? null : first.timestampMs;
    } catch {
      // The lag in records is known without it.
      return null;
    }
  }
}
