import type { Clock } from 'millrace/retry';

const STRETCH_MS = 20;

/** Lets the event loop run while a lot is decoded: after each stretch of 20 ms, not more often. */
export class Breather {
  private sinceMs: number;

  constructor(private readonly clock: Pick<Clock, 'monotonicMs'>) {
    this.sinceMs = clock.monotonicMs();
  }

  get isDue(): boolean {
    return this.clock.monotonicMs() - this.sinceMs >= STRETCH_MS;
  }

  async breathe(): Promise<void> {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    this.sinceMs = this.clock.monotonicMs();
  }
}
