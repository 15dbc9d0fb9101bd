import type { Clock } from 'millrace/retry';

export interface FakeClockOptions {
  /** Where the wall clock starts; unit ms since the Unix epoch; default 2024-01-01T00:00:00Z. */
  readonly startMs?: number;
}

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** Turns of the event loop that a flush waits: enough for a chain of a few promises and hand-overs. */
const TURNS_PER_FLUSH = 12;
/** Flushes without a due timer before a wait is given up: real I/O may still be under way. */
const IDLE_FLUSHES = 40;

/**
 * A clock that only moves when a test says so.
 *
 * Promises: timers run in the order of their due times, those of one instant in the order in which
 * they were set; everything that a timer made ready (promises, turns of the event loop) is done
 * before the next timer runs; wall clock and monotonic clock move together.
 *
 * @example
 * const clock = new FakeClock();
 * const slept = sleep(clock, 60_000);
 * await clock.advance(60_000);
 * await slept;
 */
export class FakeClock implements Clock {
  private readonly startMs: number;
  private elapsedMs = 0;
  // A Set keeps insertion order, which breaks ties.
  private readonly timers = new Set<Timer>();

  constructor(options: FakeClockOptions = {}) {
    this.startMs = options.startMs ?? Date.UTC(2024, 0, 1);
  }

  /** Timers that are set and neither run nor cancelled. */
  get pendingTimers(): number {
    return this.timers.size;
  }

  now(): number {
    return this.startMs + this.elapsedMs;
  }

  monotonicMs(): number {
    return this.elapsedMs;
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const timer: Timer = { dueMs: this.elapsedMs + Math.max(0, delayMs), callback };
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  }

  /**
   * Moves time forward and runs what falls due on the way.
   *
   * @param ms - unit ms; 0 runs what is due now.
   */
  async advance(ms: number): Promise<void> {
    const targetMs = this.elapsedMs + ms;
    await this.flush();
    while (this.runNext(targetMs)) await this.flush();
    this.elapsedMs = Math.max(this.elapsedMs, targetMs);
    await this.flush();
  }

  /**
   * Moves time forward from timer to timer until the predicate holds.
   *
   * @param limitMs - most time to let pass; unit ms; default 600,000.
   * @throws {Error} when the limit is reached, or no timer is left and nothing moves.
   */
  async runUntil(predicate: () => boolean | Promise<boolean>, limitMs = 600_000): Promise<void> {
    const fromMs = this.elapsedMs;
    for (let idle = 0; ;) {
      await this.flush();
      if (await predicate()) return;
      if (this.runNext(fromMs + limitMs)) {
        idle = 0;
      } else if ((idle += 1) > IDLE_FLUSHES) {
        const passedMs = this.elapsedMs - fromMs;
        throw new Error(
          `the condition did not hold after ${passedMs} ms of fake time ` +
            `(limit ${limitMs} ms, ${this.timers.size} timers pending)`,
        );
      }
    }
  }

  /** Lets everything run that needs no time to pass. */
  async flush(): Promise<void> {
    for (let turn = 0; turn < TURNS_PER_FLUSH; turn += 1) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  private runNext(untilMs: number): boolean {
    let next: Timer | undefined;
    for (const timer of this.timers) {
      if (timer.dueMs <= untilMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    if (next === undefined) return false;
    this.timers.delete(next);
    this.elapsedMs = Math.max(this.elapsedMs, next.dueMs);
    next.callback();
    return true;
  }
}
