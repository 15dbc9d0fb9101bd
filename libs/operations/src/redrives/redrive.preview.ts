import type { DeadLetter } from '../dead-letters/dead-letter';
import type { DeadLetters } from '../dead-letters/dead-letters';
import type { LetterRange } from '../dead-letters/letter.topics';
import { isAddressed, refusalOf } from './redrive.judge';
import { selectionOf } from './redrive.order';
import { noneRefused } from './redrive.progress';
import { readRange } from './redrive.ranges';
import type { RedriveTargets } from './redrive.targets';
import type { RedriveOrder, RedrivePreview, RedriveTarget } from './redrive.views';

const SAMPLES = 5;

export interface RedrivePreviewParts {
  readonly letters: Pick<DeadLetters, 'scan'>;
  readonly targets: RedriveTargets;
  readonly isCovered: (letter: DeadLetter) => boolean;
}

/** Looks at every letter of the ranges and sends none. */
export async function previewOf(
  order: RedriveOrder,
  ranges: readonly LetterRange[],
  parts: RedrivePreviewParts,
): Promise<RedrivePreview> {
  const selection = selectionOf(order);
  const refused = noneRefused();
  const counts = new Map<string, RedriveTarget & { count: number }>();
  const samples: DeadLetter[] = [];
  let matching = 0;
  for (const range of ranges) {
    for await (const letter of readRange(parts.letters, selection, range)) {
      matching += 1;
      const refusal = refusalOf(letter, order, parts.isCovered);
      if (refusal !== null) refused[refusal] += 1;
      if (refusal !== null || !isAddressed(letter)) continue;
      const target = await parts.targets.of(letter);
      const key = JSON.stringify([target.topic, target.groupId]);
      counts.set(key, { ...target, count: (counts.get(key)?.count ?? 0) + 1 });
      if (samples.length < SAMPLES) samples.push(letter);
    }
  }
  const byTarget = [...counts.values()].sort((one, two) => two.count - one.count);
  const { ratePerSecond } = order;
  const estimateSeconds = Math.ceil(sendable({ byTarget }, order) / ratePerSecond);
  return { matching, byTarget, refused, samples, ratePerSecond, estimateSeconds };
}

/** Letters that the redrive would send. */
export function sendable(
  { byTarget }: Pick<RedrivePreview, 'byTarget'>,
  { maxRecords }: Pick<RedriveOrder, 'maxRecords'>,
): number {
  const all = byTarget.reduce((sum, { count }) => sum + count, 0);
  return Math.min(all, maxRecords ?? Infinity);
}
