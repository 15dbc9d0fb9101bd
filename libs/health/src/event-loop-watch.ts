import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { LifecycleClock } from './health.options';

const TICK_MS = 1_000;

/** Liveness fails when the event loop did not turn for this long; unit ms. */
export const LONGEST_TICK_AGE_MS = 10_000;

/** Notices an event loop that does not turn: it ticks every second, late ticks are the finding. */
export class EventLoopWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private tickedAtMs: number;
  private cancel: (() => void) | undefined;

  constructor(private readonly clock: LifecycleClock) {
    this.tickedAtMs = clock.monotonicMs();
  }

  onApplicationBootstrap(): void {
    if (this.cancel === undefined) this.tick();
  }

  onApplicationShutdown(): void {
    this.cancel?.();
  }

  /** Time since the last tick; unit ms. */
  ageMs(): number {
    return this.clock.monotonicMs() - this.tickedAtMs;
  }

  private tick(): void {
    this.tickedAtMs = this.clock.monotonicMs();
    this.cancel = this.clock.setTimer(() => this.tick(), TICK_MS);
  }
}
