import type { Clock } from 'millrace/retry';
import type { Handling } from './handling';

export interface AgedHandling extends Handling {
  /** Age of the oldest call that has not answered; null = none; unit ms. */
  oldestMs(): number | null;
}

/** Knows how long the calls of a handling have been open, so that one that never ends is found. */
export function withCallAge(handling: Handling, clock: Clock): AgedHandling {
  // A Set keeps the order of insertion: the first one is the oldest.
  const begun = new Set<{ readonly atMs: number }>();
  return {
    unit: handling.unit,
    oldestMs() {
      for (const { atMs } of begun) return clock.monotonicMs() - atMs;
      return null;
    },
    async handle(records, scope, attempt) {
      const call = { atMs: clock.monotonicMs() };
      begun.add(call);
      try {
        return await handling.handle(records, scope, attempt);
      } finally {
        begun.delete(call);
      }
    },
  };
}
