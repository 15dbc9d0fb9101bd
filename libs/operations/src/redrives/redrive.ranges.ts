import type { Offset } from 'millrace/pipeline';
import type { DeadLetter, DeadLetterFilter } from '../dead-letters/dead-letter';
import type { DeadLetters } from '../dead-letters/dead-letters';
import type { LetterRange, LetterTopics } from '../dead-letters/letter.topics';
import type { Selection } from './redrive.order';

/**
 * Where in the dead letter topics the selection is, as they are now: what comes later, the records
 * that fail again above all, is not of this redrive.
 */
export async function rangesOf(
  selection: Selection,
  topics: Pick<LetterTopics, 'check' | 'ranges'>,
): Promise<readonly LetterRange[]> {
  if ('filter' in selection) return topics.ranges(selection.filter);
  const ranges: LetterRange[] = [];
  for (const position of selection.positions) {
    await topics.check(position);
    const { topic, partition, offset } = position;
    const last = ranges.at(-1);
    const isNext = last?.topic === topic && last.partition === partition && last.to === offset;
    if (isNext) ranges.splice(-1, 1, { ...last, to: offset + 1n });
    else ranges.push({ topic, partition, from: offset, to: offset + 1n });
  }
  return ranges;
}

/** Letters of the selection in one range, from an offset on. */
export function readRange(
  letters: Pick<DeadLetters, 'scan'>,
  selection: Selection,
  { topic, partition, from, to }: LetterRange,
  signal?: AbortSignal,
): AsyncIterable<DeadLetter> {
  const { offsets: _, ...filter }: DeadLetterFilter =
    'filter' in selection ? selection.filter : { parked: 'any' };
  const place = { topic, partition, offsets: { from, to } };
  return letters.scan({ ...filter, ...place }, signal === undefined ? {} : { signal });
}

/** How much of a range is left. */
export function isRead({ next, to }: { readonly next: Offset; readonly to: Offset }): boolean {
  return next >= to;
}
