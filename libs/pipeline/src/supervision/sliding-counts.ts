import type { Clock } from 'millrace/retry';

/** Steps of a window: what is older than the window leaves it in steps of a twelfth. */
const STEPS = 12;

interface Step {
  number: number;
  seen: number;
  dead: number;
}

/** Counts records and dead letters over a sliding window. */
export class SlidingCounts {
  private steps: Step[] = [];
  private readonly stepMs: number;

  constructor(
    windowMs: number,
    private readonly clock: Pick<Clock, 'monotonicMs'>,
  ) {
    this.stepMs = windowMs / STEPS;
  }

  addSeen(records: number): void {
    this.now().seen += records;
  }

  addDead(records: number): void {
    this.now().dead += records;
  }

  get totals(): { readonly seen: number; readonly dead: number } {
    this.now();
    let seen = 0;
    let dead = 0;
    for (const step of this.steps) {
      seen += step.seen;
      dead += step.dead;
    }
    return { seen, dead };
  }

  clear(): void {
    this.steps = [];
  }

  private now(): Step {
    const number = Math.floor(this.clock.monotonicMs() / this.stepMs);
    const last = this.steps.at(-1);
    if (last?.number === number) return last;
    const step = { number, seen: 0, dead: 0 };
    this.steps = [...this.steps.filter((known) => known.number > number - STEPS), step];
    return step;
  }
}
