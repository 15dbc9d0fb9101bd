import type { Clock } from 'millrace/retry';

/** A clock for properties with thousands of runs: it waits for promises only, not for the event loop. */
export class StepClock implements Clock {
  private nowMs = 0;
  private readonly timers = new Set<{ readonly dueMs: number; readonly callback: () => void }>();

  /** @param turnsPerStep - promises in a row that may become ready at one point of time. */
  constructor(private readonly turnsPerStep = 12) {}

  get pendingTimers(): number {
    return this.timers.size;
  }

  now(): number {
    return this.nowMs;
  }

  monotonicMs(): number {
    return this.nowMs;
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const timer = { dueMs: this.nowMs + Math.max(0, delayMs), callback };
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  }

  /** Moves time and runs what falls due, in the order of the due times. */
  async step(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    await this.turns();
    for (;;) {
      const due = [...this.timers].filter(({ dueMs }) => dueMs <= endMs);
      const first = due.sort((one, other) => one.dueMs - other.dueMs)[0];
      if (first === undefined) break;
      this.timers.delete(first);
      this.nowMs = Math.max(this.nowMs, first.dueMs);
      first.callback();
      await this.turns();
    }
    this.nowMs = endMs;
  }

  private async turns(): Promise<void> {
    for (let turn = 0; turn < this.turnsPerStep; turn += 1) await Promise.resolve();
  }
}
