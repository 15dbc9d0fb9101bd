import type { Clock } from 'millrace/retry';
import { ConcurrencyController } from './concurrency.controller';
import type { ConcurrencyOptions } from './concurrency.controller';
import type { Handling } from './handling';
import { refused } from './refused';

export interface AdaptiveSlotsOptions extends ConcurrencyOptions {
  readonly clock: Clock;
  /** Told once at the begin, and at every change. */
  readonly onLimit: (limit: number) => void;
}

/**
 * Lets as many calls run at the same time, all partitions of this process together, as their latency
 * allows; never more than `max`.
 *
 * Promises: calls get their turn in the order in which they came; a wait ends when the lane ends; a
 * lower limit interrupts nothing, it lets fewer calls begin.
 */
export function withAdaptiveSlots(handling: Handling, options: AdaptiveSlotsOptions): Handling {
  const { clock, onLimit } = options;
  const controller = new ConcurrencyController(options);
  const slots = new Slots(() => controller.limit);
  onLimit(controller.limit);
  return {
    unit: handling.unit,
    async handle(records, scope, attempt) {
      const wanted = slots.wanted + 1;
      if (!(await slots.enter(scope.signal))) return refused(records, scope.signal.reason);
      const startedMs = clock.monotonicMs();
      try {
        return await handling.handle(records, scope, attempt);
      } finally {
        const endedAtMs = clock.monotonicMs();
        const latencyMs = endedAtMs - startedMs;
        const count = records.length;
        if (controller.add({ endedAtMs, latencyMs, records: count, wanted })) {
          onLimit(controller.limit);
        }
        slots.leave();
      }
    },
  };
}

class Slots {
  private running = 0;
  private readonly waiting = new Set<(mayRun: boolean) => void>();

  constructor(private readonly limit: () => number) {}

  /** Calls that run or wait. */
  get wanted(): number {
    return this.running + this.waiting.size;
  }

  /** @returns false when the signal fired first. */
  async enter(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (this.waiting.size === 0 && this.running < this.limit()) {
      this.running += 1;
      return true;
    }
    return new Promise((resolve) => {
      const answer = (mayRun: boolean): void => {
        this.waiting.delete(answer);
        signal.removeEventListener('abort', giveUp);
        if (mayRun) this.running += 1;
        resolve(mayRun);
      };
      const giveUp = () => answer(false);
      this.waiting.add(answer);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  leave(): void {
    this.running -= 1;
    for (const answer of this.waiting) {
      if (this.running >= this.limit()) return;
      answer(true);
    }
  }
}
