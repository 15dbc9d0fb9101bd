/**
 * Keeps the calls of one handler back while too many of them fail.
 *
 * Promise: a call that was let in reports how it ended, or its signal fires; until then it may be
 * the one call that tries.
 */
export interface Breaker {
  /**
   * Resolves when a call may be made.
   *
   * @throws the reason of the signal when the wait is given up.
   */
  enter(signal: AbortSignal): Promise<void>;
  /** Says how calls ended; 0 and 0 when they said nothing about the service. Unit of both: calls. */
  report(calls: { readonly succeeded: number; readonly failed: number }): void;
}
