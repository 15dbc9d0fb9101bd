import type { ServerResponse } from 'node:http';
import type { Clock } from 'millrace/retry';
import { ConsoleTimeoutError } from '../console.errors';
import { CONSOLE_DEFAULTS } from '../console.options';

/** Ends reads that take too long, or whose caller is gone. */
export class Deadline {
  private readonly controller = new AbortController();
  private readonly onClose = () => this.controller.abort(new ConsoleTimeoutError());
  private cancelTimer: () => void = () => undefined;

  constructor(
    private readonly response: ServerResponse,
    private readonly clock: Clock,
  ) {
    response.once('close', this.onClose);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** @throws {ConsoleTimeoutError} CONSOLE_TIMEOUT when the work is not done in time. */
  async limit<T>(work: Promise<T>): Promise<T> {
    const aborted = new Promise<never>((_resolve, reject) => {
      this.signal.addEventListener('abort', () => reject(this.signal.reason as Error), {
        once: true,
      });
    });
    this.cancelTimer = this.clock.setTimer(
      () => this.controller.abort(new ConsoleTimeoutError()),
      CONSOLE_DEFAULTS.readMs,
    );
    // Whichever comes second was waited for by nobody.
    work.catch(() => undefined);
    aborted.catch(() => undefined);
    return Promise.race([work, aborted]);
  }

  end(): void {
    this.cancelTimer();
    this.response.off('close', this.onClose);
  }
}
