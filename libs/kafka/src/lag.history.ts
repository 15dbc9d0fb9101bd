import type { Offset, TopicPartition } from 'millrace/pipeline';

interface Sample {
  readonly end: Offset;
  readonly atMs: number;
}

const MOST_SAMPLES = 720;

/**
 * Remembers where the end of each partition was and when, so that a committed offset can be dated
 * without reading a record.
 */
export class EndHistory {
  private readonly byPartition = new Map<string, Sample[]>();

  /** A sample without growth says nothing new: the last moment at which the end was there counts. */
  add(target: TopicPartition, end: Offset, atMs: number): void {
    const key = `${target.partition}@${target.topic}`;
    const samples = this.byPartition.get(key) ?? [];
    this.byPartition.set(key, samples);
    const last = samples.at(-1);
    // The end went back: the topic was created again.
    if (last !== undefined && end < last.end) samples.length = 0;
    if (last?.end === end) samples[samples.length - 1] = { end, atMs };
    else samples.push({ end, atMs });
    if (samples.length > MOST_SAMPLES) samples.shift();
  }

  /**
   * How long ago the record at an offset was written, at most one poll too much; unit ms.
   *
   * @returns the age of the oldest sample when the record is older than that.
   */
  ageOf(target: TopicPartition, offset: Offset, nowMs: number): number {
    const samples = this.byPartition.get(`${target.partition}@${target.topic}`) ?? [];
    const before = samples.findLast(({ end }) => end <= offset) ?? samples[0];
    return before === undefined ? 0 : Math.max(0, nowMs - before.atMs);
  }
}
