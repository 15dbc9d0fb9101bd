import type { Clock, Random } from 'millrace/retry';
import type { CircuitBreakerOptions } from '../subscription';
import type { Breaker } from './breaker';
import { CallWindow } from './call-window';

/** What a circuit breaker does now; closed set. `half-open` = one call tries. */
export const CIRCUIT_STATES = ['closed', 'open', 'half-open'] as const;
export type CircuitState = (typeof CIRCUIT_STATES)[number];

/** What {@link CircuitBreaker} does without options. */
export const CIRCUIT_BREAKER_DEFAULTS = Object.freeze({
  failureRatio: 0.5,
  windowMs: 10_000,
  minCalls: 20,
  openMs: 5_000,
} as const satisfies Required<CircuitBreakerOptions>);

export interface CircuitBreakerParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly onChange?: (state: CircuitState) => void;
}

/** Share of `openMs` that is added at random, so that many processes do not try together. */
const JITTER = 0.2;

/**
 * Leaves a struggling service alone: opens when too large a share of the calls fails.
 *
 * Promises: below `minCalls` in the window it never opens; while it is open nobody is let in for
 * `openMs` (and up to a fifth more, by chance); then one call tries and the others wait: its success
 * lets all in, its failure begins the wait again, after its silence for `openMs` the next one tries.
 *
 * Calls that began before it opened are not told apart: a report during the try counts as its answer.
 */
export class CircuitBreaker implements Breaker {
  private readonly options: Required<CircuitBreakerOptions>;
  private readonly window: CallWindow;
  private current: CircuitState = 'closed';
  /** Nobody is let in before, unless it closes. */
  private nextTryMs = 0;
  private trial: { readonly end: () => void } | null = null;
  /** In the order of their coming. */
  private readonly waiting = new Set<() => void>();
  private cancelTimer: (() => void) | null = null;

  constructor(
    options: CircuitBreakerOptions,
    private readonly parts: CircuitBreakerParts,
  ) {
    this.options = { ...CIRCUIT_BREAKER_DEFAULTS, ...options };
    this.window = new CallWindow(this.options.windowMs);
  }

  get state(): CircuitState {
    return this.current;
  }

  async enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (!this.admits(signal)) {
      await this.turn(signal);
      if (!signal.aborted) continue;
      // A turn that came together with the abort is the next one's.
      this.callNext();
      signal.throwIfAborted();
    }
  }

  report(calls: { readonly succeeded: number; readonly failed: number }): void {
    const { clock } = this.parts;
    if (this.current === 'half-open') return this.endTrial(calls);
    // While it is open, only calls from before can report: they are the reason that it is open.
    if (this.current !== 'closed') return;
    const nowMs = clock.monotonicMs();
    this.window.add(calls, nowMs);
    if (calls.failed === 0) return;
    const seen = this.window.read(nowMs);
    const { minCalls, failureRatio } = this.options;
    if (seen.calls >= minCalls && seen.failed / seen.calls >= failureRatio) this.open();
  }

  private admits(signal: AbortSignal): boolean {
    if (this.current === 'closed') return true;
    const nowMs = this.parts.clock.monotonicMs();
    if (nowMs < this.nextTryMs) return false;
    // The answer of a call that was abandoned never comes: the next one tries.
    const giveUp = (): void => this.endTrial({ succeeded: 0, failed: 0 });
    signal.addEventListener('abort', giveUp, { once: true });
    this.trial?.end();
    this.trial = { end: () => signal.removeEventListener('abort', giveUp) };
    this.nextTryMs = nowMs + this.options.openMs;
    this.enterState('half-open');
    this.disarmTimer();
    this.armTimer();
    return true;
  }

  private endTrial(calls: { readonly succeeded: number; readonly failed: number }): void {
    this.trial?.end();
    this.trial = null;
    if (calls.failed > 0) this.open();
    else if (calls.succeeded > 0) this.close();
    else {
      this.nextTryMs = this.parts.clock.monotonicMs();
      this.enterState('open');
      this.callNext();
    }
  }

  private open(): void {
    const { clock, random } = this.parts;
    const forMs = this.options.openMs * (1 + JITTER * random());
    this.nextTryMs = clock.monotonicMs() + forMs;
    this.enterState('open');
    this.disarmTimer();
    this.armTimer();
  }

  private close(): void {
    this.window.clear();
    this.enterState('closed');
    this.disarmTimer();
    for (const wake of [...this.waiting]) wake();
  }

  private async turn(signal: AbortSignal): Promise<void> {
    let wake = (): void => undefined;
    const woken = new Promise<void>((resolve) => (wake = resolve));
    this.waiting.add(wake);
    this.armTimer();
    signal.addEventListener('abort', wake, { once: true });
    await woken;
    signal.removeEventListener('abort', wake);
    this.waiting.delete(wake);
    if (this.waiting.size === 0) this.disarmTimer();
  }

  /** One timer for all who wait; none while nobody does. */
  private armTimer(): void {
    if (this.current === 'closed' || this.waiting.size === 0) return;
    if (this.cancelTimer !== null) return;
    const delayMs = this.nextTryMs - this.parts.clock.monotonicMs();
    this.cancelTimer = this.parts.clock.setTimer(() => {
      this.cancelTimer = null;
      this.callNext();
    }, delayMs);
  }

  private disarmTimer(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
  }

  private callNext(): void {
    const [first] = this.waiting;
    first?.();
  }

  private enterState(state: CircuitState): void {
    if (state === this.current) return;
    this.current = state;
    this.parts.onChange?.(state);
  }
}
