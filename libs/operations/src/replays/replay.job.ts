import type { Job, ShadowProgress, ShadowRange } from 'millrace/pipeline';
import type { ReplayProgress } from './replay.views';

/** What the job of a replay is told; offsets are decimal text, as JSON has no others. */
export interface ReplayJobSpec {
  readonly groupId: string;
  readonly topic: string;
  readonly ratePerSecond: number;
  readonly partitions: ReadonlyArray<{
    readonly partition: number;
    readonly from: string;
    readonly to: string;
  }>;
}

/** Name of the shadow group of a job: under the name of its live group, so that one prefix rule allows both. */
export function shadowGroupOf(groupId: string, jobId: string): string {
  return `${groupId}.replay.${jobId}`;
}

export function replaySpecOf({ spec }: Pick<Job, 'spec'>): ReplayJobSpec {
  return spec as ReplayJobSpec;
}

export function rangesOf({ partitions }: ReplayJobSpec): readonly ShadowRange[] {
  return partitions.map(({ partition, from, to }) => ({
    partition,
    from: BigInt(from),
    to: BigInt(to),
  }));
}

/** Progress as the job keeps it. */
export function progressOf(
  shadowGroupId: string,
  partitions: readonly ShadowProgress[],
): ReplayProgress {
  let records = 0n;
  let done = 0n;
  for (const { from, to, next } of partitions) {
    records += to - from;
    done += next - from;
  }
  return {
    groupId: shadowGroupId,
    records: Number(records),
    done: Number(done),
    partitions: partitions.map(({ partition, from, to, next }) => ({
      partition,
      from: from.toString(),
      to: to.toString(),
      next: next.toString(),
    })),
  };
}

/** True when both read a record. */
export function overlap(one: ReplayJobSpec, two: ReplayJobSpec): boolean {
  if (one.groupId !== two.groupId || one.topic !== two.topic) return false;
  const others = new Map(rangesOf(two).map((range) => [range.partition, range]));
  return rangesOf(one).some(({ partition, from, to }) => {
    const other = others.get(partition);
    return other !== undefined && from < other.to && other.from < to;
  });
}
