import type { ContractIssue } from 'millrace/contracts';

/** How far the time of an event may be from now; 0 = not checked. */
export interface ObservedAtWindow {
  readonly maxFutureMs: number;
  readonly maxAgeDays: number;
}

const DAY_MS = 86_400_000;

/**
 * Checks whether a source can have seen a price at that time.
 *
 * @param observedAt - of the event as it came in; anything but a readable time is the contract's business.
 * @param nowMs - wall clock; unit ms since the Unix epoch.
 */
export function implausibleTime(
  observedAt: unknown,
  nowMs: number,
  { maxFutureMs, maxAgeDays }: ObservedAtWindow,
): ContractIssue | undefined {
  const atMs = typeof observedAt === 'string' ? Date.parse(observedAt) : Number.NaN;
  if (maxFutureMs > 0 && atMs > nowMs + maxFutureMs) {
    return { path: 'observedAt', message: `must not be more than ${maxFutureMs} ms in the future` };
  }
  if (maxAgeDays > 0 && atMs < nowMs - maxAgeDays * DAY_MS) {
    return { path: 'observedAt', message: `must not be older than ${maxAgeDays} days` };
  }
  return undefined;
}
