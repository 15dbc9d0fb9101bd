import { linksTo, withStates } from './rows';
import type { Evidence } from './rows';

/** States of a row of docs/delivery.md; closed set. */
export const DELIVERY_STATES = ['shown', 'in part', 'not here', 'open'] as const;

/**
 * Writes the states of docs/delivery.md: a row is shown by the tests that name it, in part when
 * `gaps` says what is missing, and not shown here when it has a gap and no test. Pure; a second run
 * changes nothing.
 *
 * @param gaps - by row id: what no test shows, and why.
 */
export function withDeliveryStates(
  markdown: string,
  evidence: Evidence,
  gaps: Readonly<Record<string, string>>,
): string {
  return withStates(markdown, (id) => {
    const tests = evidence.get(id) ?? [];
    const gap = gaps[id];
    if (gap === undefined) {
      return { status: tests.length > 0 ? 'shown' : 'open', test: linksTo(tests) };
    }
    if (tests.length === 0) return { status: 'not here', test: gap };
    return { status: 'in part', test: `${linksTo(tests)}; missing: ${gap}` };
  });
}
