import type { Clock } from 'millrace/retry';
import { SinkUnavailableError } from './sink.errors';

/** Bounds a call: by time and by a signal. */
export interface CallBound {
  readonly clock: Clock;
  /** Unit ms, from now. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Waits for a call of the driver, at most until the deadline or the signal.
 *
 * The driver has no deadline of its own (`timeoutMS` does nothing since 7.x) and cannot abort a
 * bulk, so a call that is given up goes on in the background until its socket times out. Its writes
 * are idempotent: arriving late, they change nothing.
 *
 * @throws {SinkUnavailableError} SINK_UNAVAILABLE when the deadline passed first.
 * @throws the reason of the signal when it fired first.
 */
export async function within<T>(bound: CallBound, call: () => Promise<T>): Promise<T> {
  const { clock, deadlineMs, signal } = bound;
  signal?.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal?.reason as Error);
    const cancel = clock.setTimer(
      () => reject(new SinkUnavailableError({ message: `no answer within ${deadlineMs} ms` })),
      deadlineMs,
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    // A rejection after the end of the wait is taken by these handlers too: never unhandled.
    call()
      .then(resolve, reject)
      .finally(() => {
        cancel();
        signal?.removeEventListener('abort', onAbort);
      });
  });
}
