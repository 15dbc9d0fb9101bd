import type { LifecycleClock } from './health.options';

/** How a bounded piece of work ended. */
export type BudgetResult =
  | { readonly status: 'done' }
  | { readonly status: 'failed'; readonly error: unknown }
  | { readonly status: 'cut' };

/**
 * Waits for work, at most for its budget; then the work goes on alone and its end is ignored.
 *
 * Never rejects.
 */
export async function withinBudget(
  clock: LifecycleClock,
  budgetMs: number,
  work: () => Promise<void>,
): Promise<BudgetResult> {
  return new Promise((resolve) => {
    const cancel = clock.setTimer(() => resolve({ status: 'cut' }), budgetMs);
    const end = (result: BudgetResult) => {
      cancel();
      resolve(result);
    };
    // An async wrapper, so that work which throws before its first await is a failure like any other.
    (async () => work())().then(
      () => end({ status: 'done' }),
      (error: unknown) => end({ status: 'failed', error }),
    );
  });
}

/** Waits; ends early, without an error, when the signal fires. */
export async function pause(
  clock: LifecycleClock,
  delayMs: number,
  signal?: AbortSignal,
): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const onAbort = () => {
      cancel();
      resolve();
    };
    const cancel = clock.setTimer(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
