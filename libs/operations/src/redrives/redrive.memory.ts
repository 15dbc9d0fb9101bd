import type { JobStore } from 'millrace/pipeline';
import type { DeadLetter } from '../dead-letters/dead-letter';
import { fits } from '../dead-letters/letter.filter';
import { refusalOf } from './redrive.judge';
import { selectionOf } from './redrive.order';
import { redriveOf } from './redrive.progress';
import type { RedriveJob } from './redrive.views';

/** Redrives that are looked back at, newest first. */
const LOOK_BACK = 1_000;
/** Who wrote a letter may have a clock that is so much ahead; unit ms. */
const CLOCK_SKEW_MS = 60_000;

/**
 * Knows what redrives before have sent, from what they were told and how far they came: the log of
 * dead letters does not change, so a letter lies there also after its record went back.
 *
 * @param ownId - the redrive that asks.
 * @returns true for a letter that one of them has sent.
 */
export async function coveredBefore(
  jobs: Pick<JobStore, 'list'>,
  ownId?: string,
): Promise<(letter: DeadLetter) => boolean> {
  const known = await jobs.list({ kind: 'redrive', limit: LOOK_BACK });
  const covers = known.filter(({ id }) => id !== ownId).map((job) => coverOf(redriveOf(job)));
  return (letter) => covers.some((isCovered) => isCovered(letter));
}

function coverOf({ spec, progress, createdAt }: RedriveJob): (letter: DeadLetter) => boolean {
  const selection = selectionOf(spec);
  const ranges = progress.ranges.map(({ topic, partition, from, next }) => ({
    topic,
    partition,
    from: BigInt(from),
    next: BigInt(next),
  }));
  // A topic that was made anew counts its offsets from 0 again.
  const latestMs = createdAt.getTime() + CLOCK_SKEW_MS;
  return (letter) => {
    const { topic, partition, offset } = letter.position;
    if (letter.timestampMs > latestMs) return false;
    const isInside = ranges.some(
      (range) =>
        range.topic === topic &&
        range.partition === partition &&
        range.from <= offset &&
        offset < range.next,
    );
    if (!isInside) return false;
    if ('filter' in selection && !fits(selection.filter, letter)) return false;
    return refusalOf(letter, spec, () => false) === null;
  };
}
