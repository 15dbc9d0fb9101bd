import type { Clock } from 'millrace/retry';

export interface ParkingParts {
  readonly clock: Clock;
  /** Infinite = never; unit ms. */
  readonly afterMs: number;
  /** Since when the lane has been waiting for the same; null when it does not wait; unit ms, monotonic. */
  readonly stuckSinceMs: () => number | null;
  readonly park: () => void;
}

/** Notices that a lane has been waiting for long. One timer per burst of work, none per slice. */
export class Parking {
  private cancel: (() => void) | null = null;

  constructor(private readonly parts: ParkingParts) {}

  /** Watches until {@link disarm}. */
  arm(): void {
    if (this.cancel === null && Number.isFinite(this.parts.afterMs)) {
      this.lookAfter(this.parts.afterMs);
    }
  }

  disarm(): void {
    this.cancel?.();
    this.cancel = null;
  }

  private lookAfter(delayMs: number): void {
    this.cancel = this.parts.clock.setTimer(() => this.look(), delayMs);
  }

  private look(): void {
    const { clock, afterMs, stuckSinceMs, park } = this.parts;
    const sinceMs = stuckSinceMs();
    const restMs = sinceMs === null ? afterMs : sinceMs + afterMs - clock.monotonicMs();
    // It goes on looking: a partition is parked once, its lane may get stuck again.
    this.lookAfter(restMs > 0 ? restMs : afterMs);
    if (sinceMs !== null && restMs <= 0) park();
  }
}
