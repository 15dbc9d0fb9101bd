import type { Handling } from './handling';
import { refused } from './refused';

/**
 * Lets at most `count` calls of one partition run at the same time.
 *
 * Promises: calls get their turn in the order in which they came; a wait ends when the lane ends;
 * only the call itself holds a slot, a record that waits for its next attempt does not.
 *
 * @param count - from 1; unit calls.
 */
export function withSlots(handling: Handling, count: number): Handling {
  // By the signal of the lane: an older epoch of the partition keeps its slots to itself.
  const byLane = new WeakMap<AbortSignal, Slots>();
  return {
    unit: handling.unit,
    async handle(records, scope, attempt) {
      const slots = byLane.get(scope.signal) ?? new Slots(count, scope.signal);
      byLane.set(scope.signal, slots);
      if (!(await slots.enter())) return refused(records, scope.signal.reason);
      try {
        return await handling.handle(records, scope, attempt);
      } finally {
        slots.leave();
      }
    },
  };
}

class Slots {
  private readonly waiting: Array<(hasSlot: boolean) => void> = [];

  constructor(
    private free: number,
    private readonly lane: AbortSignal,
  ) {
    const giveUp = () => this.waiting.splice(0).forEach((answer) => answer(false));
    lane.addEventListener('abort', giveUp, { once: true });
  }

  /** @returns false when the lane ended. */
  async enter(): Promise<boolean> {
    if (this.lane.aborted) return false;
    if (this.free > 0) {
      this.free -= 1;
      return true;
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  leave(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.free += 1;
    else next(true);
  }
}
