import { PolicyInvalidError } from '../pipeline.errors';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const DELAY = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

/**
 * Reads delays of retry topics.
 *
 * @throws {PolicyInvalidError} POLICY_INVALID when one is no positive time, or they do not ascend.
 */
export function delayMsOf(delays: ReadonlyArray<string | number>): readonly number[] {
  const all = delays.map(oneDelay);
  for (const [index, delayMs] of all.entries()) {
    const before = all[index - 1];
    if (before !== undefined && delayMs <= before) {
      throw new PolicyInvalidError({
        message: `the delays of retry topics must ascend: ${delays.join(', ')}`,
      });
    }
  }
  return all;
}

function oneDelay(delay: string | number): number {
  const [, amount, unit = ''] = typeof delay === 'string' ? (DELAY.exec(delay) ?? []) : [];
  const delayMs = typeof delay === 'number' ? delay : Number(amount) * (UNIT_MS[unit] ?? NaN);
  if (Number.isSafeInteger(delayMs) && delayMs > 0) return delayMs;
  throw new PolicyInvalidError({
    message: `"${delay}" is no delay of a retry topic: write 10s, 1m, 2h or a number of ms`,
  });
}
