import type { Clock } from 'millrace/retry';

/** Resolves in the next turn of the event loop: what a network call does at least. */
export async function nextTurn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

/**
 * Waits for a promise, at most so long.
 *
 * @returns false when the time was over first. Never rejects: a rejection counts as settled.
 */
export async function settlesWithin(
  clock: Clock,
  limitMs: number,
  promise: Promise<unknown>,
): Promise<boolean> {
  let cancel = (): void => undefined;
  const over = new Promise<false>((resolve) => {
    cancel = clock.setTimer(() => resolve(false), limitMs);
  });
  const settled = promise.then(
    () => true as const,
    () => true as const,
  );
  const isSettled = await Promise.race([settled, over]);
  cancel();
  return isSettled;
}
