import type { Clock } from 'millrace/retry';

/**
 * Waits for a promise, but not longer than a deadline. The promise itself goes on.
 *
 * @param onLate - makes the error of a passed deadline.
 */
export async function within<T>(
  clock: Clock,
  deadlineMs: number,
  promise: Promise<T>,
  onLate: () => Error,
): Promise<T> {
  let cancel = (): void => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    cancel = clock.setTimer(() => reject(onLate()), deadlineMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    cancel();
  }
}

/** The same where being late is an answer: false. A rejection counts as settled. */
export async function settlesWithin(
  clock: Clock,
  deadlineMs: number,
  promise: Promise<unknown>,
): Promise<boolean> {
  const settled = promise.then(
    () => true,
    () => true,
  );
  let cancel = (): void => undefined;
  const late = new Promise<boolean>((resolve) => {
    cancel = clock.setTimer(() => resolve(false), Math.max(0, deadlineMs));
  });
  try {
    return await Promise.race([settled, late]);
  } finally {
    cancel();
  }
}
