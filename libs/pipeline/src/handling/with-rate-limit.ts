import type { Clock } from 'millrace/retry';
import { TokenBucket, sleep } from 'millrace/retry';
import type { Handling } from './handling';
import { refused } from './refused';

export interface RateLimit {
  /** Above 0; unit records. */
  readonly records: number;
  /** Above 0; unit ms. */
  readonly perMs: number;
}

/** Part of the records of one period that may come at once; timers are late, and this makes up for it. */
const BURST_SHARE = 0.05;

/**
 * Bounds the records that a handler or sink gets per time, all partitions of this process together.
 *
 * Promises: in any time t at most `records * t / perMs`, and 5 % of `records` (at least one call)
 * more; calls wait in the order in which they came; a wait ends when the lane ends.
 */
export function withRateLimit(handling: Handling, limit: RateLimit, clock: Clock): Handling {
  const bucket = new TokenBucket({
    ratePerSecond: (limit.records * 1_000) / limit.perMs,
    burst: Math.max(1, limit.records * BURST_SHARE),
    clock,
  });
  return {
    unit: handling.unit,
    async handle(records, scope, attempt) {
      const waitMs = bucket.take(records.length);
      try {
        if (waitMs > 0) await sleep(clock, waitMs, scope.signal);
      } catch (reason) {
        return refused(records, reason);
      }
      return handling.handle(records, scope, attempt);
    },
  };
}
