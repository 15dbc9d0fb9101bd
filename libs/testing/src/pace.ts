import type { Clock } from 'millrace/retry';
import { eventually } from './eventually';
import { FakeClock } from './fake-clock';

/** Real time to wait for a condition by default; unit ms. */
const REAL_LIMIT_MS = 10_000;
/** Fake time to let pass for a condition by default: ten minutes cost nothing. Unit ms. */
const FAKE_LIMIT_MS = 600_000;

/** Waits in the time of a clock: a {@link FakeClock} is moved, with any other real time passes. */
export class Pace {
  constructor(private readonly clock: Clock) {}

  /**
   * Waits until a condition holds.
   *
   * @param options.timeoutMs - unit ms of that clock; default 10,000 real or 600,000 fake.
   * @param options.what - what is waited for; part of the error.
   * @throws {Error} when it did not hold in time.
   */
  async until(
    predicate: () => boolean,
    options: { readonly timeoutMs?: number; readonly what: string },
  ): Promise<void> {
    const { what, timeoutMs } = options;
    if (!(this.clock instanceof FakeClock)) {
      await eventually(predicate, { what, timeoutMs: timeoutMs ?? REAL_LIMIT_MS });
      return;
    }
    try {
      await this.clock.runUntil(predicate, timeoutMs ?? FAKE_LIMIT_MS);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${what} did not come true: ${reason}`, { cause });
    }
  }

  /** Lets time pass for work that has begun. @returns what the work returns. */
  async through<T>(work: Promise<T>): Promise<T> {
    if (!(this.clock instanceof FakeClock)) return work;
    let isDone = false;
    const done = (): void => {
      isDone = true;
    };
    work.then(done, done);
    await this.clock.runUntil(() => isDone, FAKE_LIMIT_MS);
    return work;
  }
}
