import { Logger } from '@nestjs/common';
import type { MillraceError } from 'millrace/errors';
import type { Backoff, Clock, Random } from 'millrace/retry';
import { exponential, sleep } from 'millrace/retry';

export interface GateOptions {
  /** Name of the dependency; label of metrics and logs. */
  readonly name: string;
  /** Resolves when the dependency can be used; a real call. */
  readonly probe: () => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  /** Wait between probes; default full jitter from 1 s to 30 s. */
  readonly backoff?: Backoff;
  readonly onChange?: (isOpen: boolean) => void;
}

const PROBES_TO_OPEN = 2;
const FIRST_PROBE_MS = 200;

/**
 * Keeps records waiting while a dependency is away.
 *
 * Promises: closed by the first infrastructure error, opened only after two good probes of the
 * dependency itself, never by sending records; everybody who waits is let through together.
 *
 * @see docs/architecture.md, "How a record is processed", step 7
 */
export class DependencyGate {
  readonly name: string;
  private readonly logger = new Logger('Gate');
  private closedAtMs: number | null = null;
  private cause: MillraceError | null = null;
  private opening: Promise<void> | null = null;
  private readonly disposal = new AbortController();

  constructor(private readonly options: GateOptions) {
    this.name = options.name;
  }

  /** How long it has been closed; null when open; unit ms. */
  get closedForMs(): number | null {
    return this.closedAtMs === null ? null : this.options.clock.monotonicMs() - this.closedAtMs;
  }

  /** Why it is closed. */
  get reason(): MillraceError | null {
    return this.cause;
  }

  /**
   * Closes the gate and waits until the dependency answers again.
   *
   * @throws the reason of the signal when the wait is given up.
   */
  async waitBehind(error: MillraceError, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.close(error);
    await untilAborted(this.opening ?? Promise.resolve(), signal);
  }

  private close(error: MillraceError): void {
    this.cause = error;
    if (this.opening !== null) return;
    this.closedAtMs = this.options.clock.monotonicMs();
    this.logger.warn(
      { event: 'gate.closed', dependency: this.name, error_code: error.code, error: error.message },
      `waiting for ${this.name}: ${error.message}`,
    );
    this.options.onChange?.(false);
    this.opening = this.probeUntilOpen().then(
      () => this.open(),
      // Only dispose() ends the probing early; nobody waits any more then.
      () => undefined,
    );
  }

  /** Ends the probing, at shutdown. */
  dispose(): void {
    this.disposal.abort(new Error('disposed'));
  }

  private open(): void {
    const waitedMs = Math.round(this.closedForMs ?? 0);
    this.opening = null;
    this.closedAtMs = null;
    this.cause = null;
    this.logger.log(
      { event: 'gate.opened', dependency: this.name, waited_ms: waitedMs },
      `${this.name} answers again after ${waitedMs} ms`,
    );
    this.options.onChange?.(true);
  }

  private async probeUntilOpen(): Promise<void> {
    const { clock, random, probe } = this.options;
    const backoff = this.options.backoff ?? exponential({ initialMs: 1_000, maxMs: 30_000 });
    let good = 0;
    for (let attempt = 1; good < PROBES_TO_OPEN; attempt += 1) {
      const isQuick = attempt === 1 || good > 0;
      const delayMs = isQuick ? FIRST_PROBE_MS : backoff.delayMs(attempt - 1, random);
      await sleep(clock, delayMs, this.disposal.signal);
      try {
        await probe();
        good += 1;
      } catch {
        // A failing probe is what is waited for; the cause was logged when the gate closed.
        good = 0;
      }
    }
  }
}

async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
