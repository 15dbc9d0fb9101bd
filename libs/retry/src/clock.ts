/**
 * Tells time and arms timers. Injected everywhere, so that tests own time.
 *
 * Promises: `monotonicMs` never goes backwards and is the only source for durations and timeouts;
 * `now` is the wall clock and only labels things.
 */
export interface Clock {
  /** Wall clock; unit ms since the Unix epoch. */
  now(): number;
  /** Unit ms since an arbitrary start; never goes backwards. */
  monotonicMs(): number;
  /** Calls back once after `delayMs`; the answer cancels it. The timer does not keep a process alive. */
  setTimer(callback: () => void, delayMs: number): () => void;
}

/** A source of randomness in [0, 1). Injected so that a seed can be replayed. */
export type Random = () => number;

/** The real clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer: (callback, delayMs) => {
    const timer = setTimeout(callback, Math.max(0, delayMs));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/**
 * Waits.
 *
 * @param delayMs - unit ms; 0 or less resolves on the next timer turn.
 * @param signal - ends the wait early: the promise rejects with the signal's reason.
 */
export async function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => {
      cancel();
      reject(signal?.reason as Error);
    };
    const cancel = clock.setTimer(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
