import type { DeadLetter } from './dead-letter';
import type { PartitionScan } from './partition.scan';

/** Partitions that look for their first letter at the same time. */
const SIDE_BY_SIDE = 4;

/**
 * Letters of several partitions: in order of each partition, merged by time.
 *
 * Promise: nothing is read ahead of what is asked for but one fetch of each partition.
 */
export async function* mergeScans(scans: readonly PartitionScan[]): AsyncGenerator<DeadLetter> {
  for (let from = 0; from < scans.length; from += SIDE_BY_SIDE) {
    await Promise.all(scans.slice(from, from + SIDE_BY_SIDE).map((scan) => scan.advance()));
  }
  for (let oldest = oldestOf(scans); oldest !== undefined; oldest = oldestOf(scans)) {
    const letter = await oldest.take();
    if (letter !== null) yield letter;
    await oldest.advance();
  }
}

function oldestOf(scans: readonly PartitionScan[]): PartitionScan | undefined {
  let oldest: PartitionScan | undefined;
  for (const scan of scans) {
    if (scan.headMs === null) continue;
    if (oldest === undefined || scan.headMs < (oldest.headMs ?? Infinity)) oldest = scan;
  }
  return oldest;
}
