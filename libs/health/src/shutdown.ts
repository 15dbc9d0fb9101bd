import { Logger } from '@nestjs/common';
import { errorFacts } from './error-facts';

/** A repeat of the signal within this time is the same request: a terminal delivers Ctrl-C twice. */
const SAME_REQUEST_MS = 2_000;
/** Time for one attempt to close after a crash; unit ms. */
const CRASH_CLOSE_MS = 1_000;
/** Time for one attempt to close after the service gave itself up; unit ms. */
const FAILURE_CLOSE_MS = 5_000;

/** The part of `process` that is used. */
export interface ProcessLike {
  on(event: string, listener: (cause: unknown) => void): unknown;
  off(event: string, listener: (cause: unknown) => void): unknown;
}

/** What {@link installShutdown} works with; nothing is taken from the surroundings. */
export interface ShutdownOptions {
  readonly process: ProcessLike;
  /**
   * Drains and closes everything; called once.
   *
   * @param withinMs - after a crash: longest time of all of it; unit ms.
   */
  readonly close: (withinMs?: number) => Promise<void>;
  /** Calls back when the service gives itself up; example `(listener) => lifecycle.onFailure(listener)`. */
  readonly onFailure?: (listener: (error: unknown) => void) => () => void;
  /** Ends the process; called once. */
  readonly exit: (code: number) => void;
  /** Longest time from the first signal to the exit; unit ms. */
  readonly deadlineMs: number;
  /** Monotonic; unit ms. */
  readonly now: () => number;
  /**
   * Arms a timer; the answer cancels it. It should keep the process alive, or a close that hangs would
   * look like a clean exit. Default: setTimeout.
   */
  readonly setTimer?: (callback: () => void, delayMs: number) => () => void;
  /** Default: Nest's logger. */
  readonly logger?: Pick<Logger, 'log' | 'warn' | 'error'>;
}

/**
 * Turns signals and crashes into one orderly end with the right exit code.
 *
 * - First SIGTERM or SIGINT: close, then exit 0; 1 when closing fails or the deadline passes.
 * - The signal again within 2 s: nothing; later: exit 1 at once.
 * - Uncaught exception or unhandled rejection: log it, one attempt to close within 1 s, exit 1.
 * - The service gave itself up: log it, one attempt to close within 5 s, exit 1.
 *
 * @returns a function that removes the listeners.
 */
export function installShutdown(options: ShutdownOptions): () => void {
  const shutdown = new Shutdown(options);
  const listeners = [
    ['SIGTERM', () => shutdown.onSignal('SIGTERM')],
    ['SIGINT', () => shutdown.onSignal('SIGINT')],
    ['uncaughtException', (cause: unknown) => shutdown.onCrash('uncaught exception', cause)],
    ['unhandledRejection', (cause: unknown) => shutdown.onCrash('unhandled rejection', cause)],
  ] as const;
  listeners.forEach(([event, listener]) => options.process.on(event, listener));
  const stopListening = options.onFailure?.((error) => shutdown.onFailure(error));
  return () => {
    stopListening?.();
    listeners.forEach(([event, listener]) => options.process.off(event, listener));
  };
}

class Shutdown {
  private readonly logger: Pick<Logger, 'log' | 'warn' | 'error'>;
  private signalledAtMs: number | undefined;
  private isClosing = false;
  private exitCode = 0;
  private hasExited = false;
  private cancelTimers: Array<() => void> = [];

  constructor(private readonly options: ShutdownOptions) {
    this.logger = options.logger ?? new Logger('Shutdown');
  }

  onSignal(signal: string): void {
    if (this.signalledAtMs === undefined) {
      this.signalledAtMs = this.options.now();
      this.logger.log({ event: 'app.drain', signal }, `${signal}: draining`);
      this.closeWithin(this.options.deadlineMs);
    } else if (this.options.now() - this.signalledAtMs > SAME_REQUEST_MS) {
      this.logger.warn({ event: 'app.stop', signal }, `${signal} again: exit without waiting`);
      this.exit(1);
    }
  }

  onCrash(what: string, cause: unknown): void {
    const stack = cause instanceof Error ? cause.stack : undefined;
    this.logger.error(
      {
        event: 'app.crash',
        ...errorFacts(cause),
        ...(stack === undefined ? {} : { error_stack: stack }),
      },
      what,
    );
    this.exitCode = 1;
    this.closeWithin(CRASH_CLOSE_MS, CRASH_CLOSE_MS);
  }

  onFailure(error: unknown): void {
    this.logger.error(
      { event: 'app.failed', ...errorFacts(error) },
      `nothing but a new process helps: exit 1 within ${FAILURE_CLOSE_MS} ms`,
    );
    this.exitCode = 1;
    this.closeWithin(FAILURE_CLOSE_MS, FAILURE_CLOSE_MS);
  }

  /** @param hurryMs - what the close is told; undefined = it has its own budgets. */
  private closeWithin(deadlineMs: number, hurryMs?: number): void {
    const setTimer = this.options.setTimer ?? keepAliveTimer;
    this.cancelTimers.push(
      setTimer(() => {
        this.logger.error({ event: 'app.stop' }, `not closed within ${deadlineMs} ms: exit`);
        this.exit(1);
      }, deadlineMs),
    );
    if (this.isClosing) return;
    this.isClosing = true;
    void this.close(hurryMs);
  }

  private async close(hurryMs: number | undefined): Promise<void> {
    try {
      await this.options.close(hurryMs);
    } catch (error) {
      this.logger.error({ event: 'app.stop', ...errorFacts(error) }, 'closing failed');
      this.exitCode = 1;
    }
    this.exit(this.exitCode);
  }

  private exit(code: number): void {
    if (this.hasExited) return;
    this.hasExited = true;
    this.cancelTimers.forEach((cancel) => cancel());
    this.options.exit(code);
  }
}

function keepAliveTimer(callback: () => void, delayMs: number): () => void {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
}
