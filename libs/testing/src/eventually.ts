export interface EventuallyOptions {
  /** Unit ms of real time; default 10,000. */
  readonly timeoutMs?: number;
  /** Wait between looks; unit ms; default 20. */
  readonly intervalMs?: number;
  /** What was waited for; part of the error. */
  readonly what?: string;
}

/**
 * Looks again and again until an answer is truthy, in real time: for real servers.
 *
 * A look that throws counts as "not yet", so assertions may be used as the condition.
 *
 * @returns the first truthy answer.
 * @throws {Error} when the time is over; its cause is what the last look threw.
 * @example await eventually(() => stored.length === 100, { timeoutMs: 30_000 });
 */
export async function eventually<T>(
  look: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<T> {
  const { timeoutMs = 10_000, intervalMs = 20, what = 'the condition' } = options;
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const answer = await look();
      if (answer) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) throw new Error(describe(what, timeoutMs, cause), { cause });
    await new Promise<void>((resolve) => setTimeout(resolve, intervalMs));
  }
}

function describe(what: string, timeoutMs: number, cause: unknown): string {
  const last = cause instanceof Error ? `: ${cause.message}` : '';
  return `${what} did not come true within ${timeoutMs} ms${last}`;
}
