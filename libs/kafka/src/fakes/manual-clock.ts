import type { Clock } from 'millrace/retry';

/** A clock that only moves when a spec says so; promises settle between two timers. */
export class ManualClock implements Clock {
  private elapsedMs = 0;
  private readonly timers = new Set<{ dueMs: number; callback: () => void }>();

  get pendingTimers(): number {
    return this.timers.size;
  }

  now(): number {
    return Date.UTC(2024, 0, 1) + this.elapsedMs;
  }

  monotonicMs(): number {
    return this.elapsedMs;
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const timer = { dueMs: this.elapsedMs + Math.max(0, delayMs), callback };
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  }

  async advance(ms: number): Promise<void> {
    const targetMs = this.elapsedMs + ms;
    await settle();
    for (;;) {
      const next = [...this.timers]
        .filter(({ dueMs }) => dueMs <= targetMs)
        .sort((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined) break;
      this.timers.delete(next);
      this.elapsedMs = Math.max(this.elapsedMs, next.dueMs);
      next.callback();
      await settle();
    }
    this.elapsedMs = targetMs;
    await settle();
  }
}

/** Lets promises and turns of the event loop that are ready run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
