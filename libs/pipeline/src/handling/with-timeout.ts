import { deepestMillraceError } from 'millrace/errors';
import type { Clock } from 'millrace/retry';
import { HandlerTimeoutError } from './handling.errors';
import type { RecordResult } from '../records/outcome';
import { CallWatch } from './call.watch';
import type { Handling } from './handling';
import { AnonymousFailure } from './handling';
import { refused } from './refused';
import type { WatchedCall } from './watched.call';

export interface TimeoutOptions {
  /** Longest time of a call before its signal fires; unit ms. */
  readonly timeoutMs: number;
  /** How long it may go on then before it is given up; unit ms. */
  readonly graceMs: number;
  readonly clock: Clock;
  /** A call took longer than `timeoutMs`. */
  readonly onTimeout: () => void;
  /** A call answered after it was given up. */
  readonly onLate: () => void;
}

/** A handling whose timer can be given back. */
export interface TimedHandling extends Handling {
  dispose(): void;
}

/**
 * Bounds each call of a handler.
 *
 * Promises: answers at the latest `timeoutMs + graceMs` after the call began, and `graceMs` after its
 * lane ended; a late answer is ignored and counted. The failure is HANDLER_TIMEOUT, retryable. A
 * batch that took too long is halved: it may be only too large, or one record of it may hang.
 */
export function withTimeout(handling: Handling, options: TimeoutOptions): TimedHandling {
  const { timeoutMs, graceMs, clock } = options;
  const watch = new CallWatch({
    timeoutMs,
    graceMs,
    clock,
    onTimeout: () => {
      options.onTimeout();
      return timeoutError(timeoutMs);
    },
    giveUp: (call) => {
      const error: unknown = call.isTimedOut ? timeoutError(timeoutMs) : call.lane.signal.reason;
      call.answer(failedTogether(call.records, error));
    },
  });
  const end = (call: WatchedCall, results: readonly RecordResult[]) => {
    if (call.isGivenUp) {
      options.onLate();
      return;
    }
    watch.end(call);
    call.answer(call.isTimedOut ? explained(results, call) : results);
  };
  return {
    unit: handling.unit,
    dispose: () => watch.dispose(),
    handle(records, scope, attempt) {
      if (scope.signal.aborted) return Promise.resolve(refused(records, scope.signal.reason));
      return new Promise((resolve) => {
        const call = watch.begin(scope, records.length, resolve);
        void handling.handle(records, call, attempt).then((results) => end(call, results));
      });
    },
  };
}

function timeoutError(timeoutMs: number): HandlerTimeoutError {
  return new HandlerTimeoutError({
    message: `the handler did not answer within ${timeoutMs} ms`,
  });
}

function failedTogether(length: number, error: unknown): readonly RecordResult[] {
  const failure = length === 1 ? error : new AnonymousFailure(error);
  return Array.from({ length }, () => ({ error: failure }));
}

/** What a handler throws because its signal fired means: it took too long. */
function explained(results: readonly RecordResult[], call: WatchedCall): readonly RecordResult[] {
  const reason: unknown = call.signal.reason;
  const explain = (error: unknown) => (deepestMillraceError(error) === undefined ? reason : error);
  return results.map((result) => {
    if (!('error' in result) || typeof result.error === 'symbol') return result;
    const { error } = result;
    if (!(error instanceof AnonymousFailure)) return { error: explain(error) };
    return { error: new AnonymousFailure(explain(error.error)) };
  });
}
