import { Logger } from '@nestjs/common';
import type { MillraceError } from 'millrace/errors';
import type { Backoff, Clock, Random } from 'millrace/retry';
import { exponential, sleep } from 'millrace/retry';

/** What a gate lets through; closed set. `half-open` = small slices, after it was closed. */
export const GATE_STATES = ['open', 'half-open', 'closed'] as const;
export type GateState = (typeof GATE_STATES)[number];

export interface GateOptions {
  /** Name of the dependency; label of metrics and logs. */
  readonly name: string;
  /** Resolves when the dependency can be used; a real call. */
  readonly probe: () => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  /** Wait between probes; default full jitter from 1 s to 30 s. */
  readonly backoff?: Backoff;
  readonly onChange?: (state: GateState) => void;
}

const PROBES_TO_OPEN = 2;
const FIRST_PROBE_MS = 200;
/** Records handled together after it opened: one step per slice that went well. */
const HALF_OPEN_SLICES = [10, 100] as const;
const FLAP_WINDOW_MS = 600_000;
const FLAP_CLOSINGS = 10;
/** An attempt after which every backoff is at its longest. */
const LONGEST = 1_000;

/**
 * Keeps records waiting while a dependency is away.
 *
 * Promises: closed by the first infrastructure error, opened only after two good probes of the
 * dependency itself, never by sending records; everybody who waits is let through together, with
 * small slices first; one that closed more than 10 times in 10 minutes is probed with its longest
 * backoff only.
 *
 * @see docs/architecture.md, "How a record is processed", step 7
 */
export class DependencyGate {
  readonly name: string;
  private readonly logger = new Logger('Gate');
  private readonly backoff: Backoff;
  private closedAtMs: number | null = null;
  private cause: MillraceError | null = null;
  private opening: Promise<void> | null = null;
  /** Steps of {@link HALF_OPEN_SLICES} that are behind it. */
  private goodSlices: number = HALF_OPEN_SLICES.length;
  private closings: number[] = [];
  private readonly disposal = new AbortController();

  constructor(private readonly options: GateOptions) {
    this.name = options.name;
    this.backoff = options.backoff ?? exponential({ initialMs: 1_000, maxMs: 30_000 });
  }

  get state(): GateState {
    if (this.closedAtMs !== null) return 'closed';
    return this.goodSlices < HALF_OPEN_SLICES.length ? 'half-open' : 'open';
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
    await this.whenOpen(signal);
  }

  /**
   * Resolves when the gate is open; at once when it is.
   *
   * @throws the reason of the signal when the wait is given up.
   */
  async whenOpen(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.opening !== null) await untilAborted(this.opening, signal);
  }

  /** Most records to handle together now: 10 after it opened, then 100, then no limit; unit records. */
  sliceLimit(): number {
    return HALF_OPEN_SLICES[this.goodSlices] ?? Number.POSITIVE_INFINITY;
  }

  /** Says that a slice within the limit met no infrastructure error: the next one may be larger. */
  passed(): void {
    if (this.state !== 'half-open') return;
    this.goodSlices += 1;
    if (this.goodSlices === HALF_OPEN_SLICES.length) this.options.onChange?.('open');
  }

  /** Ends the probing, at shutdown. */
  dispose(): void {
    this.disposal.abort(new Error('disposed'));
  }

  private close(error: MillraceError): void {
    this.cause = error;
    if (this.opening !== null) return;
    this.closedAtMs = this.options.clock.monotonicMs();
    this.goodSlices = 0;
    const isFlapping = this.noteClosing(this.closedAtMs);
    this.logger.warn(
      { event: 'gate.closed', dependency: this.name, error_code: error.code, error: error.message },
      `waiting for ${this.name}: ${error.message}`,
    );
    this.options.onChange?.('closed');
    this.opening = this.probeUntilOpen(isFlapping).then(
      () => this.open(),
      // Only dispose() ends the probing early; nobody waits any more then.
      () => undefined,
    );
  }

  /** @returns true when it closes too often. */
  private noteClosing(nowMs: number): boolean {
    this.closings = this.closings.filter((atMs) => nowMs - atMs < FLAP_WINDOW_MS);
    this.closings.push(nowMs);
    return this.closings.length > FLAP_CLOSINGS;
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
    this.options.onChange?.('half-open');
  }

  private async probeUntilOpen(isFlapping: boolean): Promise<void> {
    const { clock, probe } = this.options;
    let good = 0;
    for (let attempt = 1; good < PROBES_TO_OPEN; attempt += 1) {
      await sleep(clock, this.probeDelayMs(attempt, good, isFlapping), this.disposal.signal);
      try {
        await probe();
        good += 1;
      } catch {
        // A failing probe is what is waited for; the cause was logged when the gate closed.
        good = 0;
      }
    }
  }

  private probeDelayMs(attempt: number, good: number, isFlapping: boolean): number {
    const { random } = this.options;
    if (good > 0) return FIRST_PROBE_MS;
    if (isFlapping) {
      // Half of it by chance: a full jitter may be no wait at all.
      const longestMs = this.backoff.capMs(LONGEST);
      return Math.floor((longestMs * (1 + random())) / 2);
    }
    return attempt === 1 ? FIRST_PROBE_MS : this.backoff.delayMs(attempt - 1, random);
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
