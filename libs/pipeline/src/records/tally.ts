import type { Outcome } from './outcome';

/** Counts records by outcome. */
export type OutcomeCounts = Partial<Record<Outcome, number>>;

/** Counts the records of a slice by outcome, and knows what of them is still on its way. */
export class Tally {
  readonly counts: OutcomeCounts = {};
  private readonly writes: Array<Promise<void>> = [];

  add(outcome: Outcome, records = 1): void {
    this.counts[outcome] = (this.counts[outcome] ?? 0) + records;
  }

  /** Takes a write that must be durable before the slice counts as finished; nobody waits for it here. */
  follow(write: Promise<void>): void {
    // Who waits hears of a failure; until then it must not count as unhandled.
    write.catch(() => undefined);
    this.writes.push(write);
  }

  /** Resolves when every write is durable and rejects when one was given up; null = none is under way. */
  get durable(): Promise<void> | null {
    return this.writes.length === 0 ? null : Promise.all(this.writes).then(() => undefined);
  }
}
