/** Ids on one page. */
export const LEDGER_PAGE_IDS = 10_000;
/** Most ids that are remembered; the oldest go first. */
export const LEDGER_CAPACITY_IDS = 1_000_000;

export interface LedgerPage {
  readonly ids: readonly string[];
  /** Where the next page begins; the same as `since` when there is nothing more. */
  readonly next: number;
  /** Where what is remembered begins: a `since` below it has a gap. */
  readonly oldest: number;
}

/** Remembers which events of the sources Kafka acknowledged in this process, in that order. */
export class Ledger {
  private readonly ids: string[] = [];
  private added = 0;

  constructor(private readonly capacity: number = LEDGER_CAPACITY_IDS) {}

  add(id: string): void {
    if (this.capacity === 0) return;
    this.ids[this.added % this.capacity] = id;
    this.added += 1;
  }

  /** @param since - the `next` of the page before; 0 = from the beginning. */
  page(since: number): LedgerPage {
    const oldest = Math.max(0, this.added - this.capacity);
    const from = Math.min(Math.max(since, oldest), this.added);
    const next = Math.min(from + LEDGER_PAGE_IDS, this.added);
    const ids = Array.from(
      { length: next - from },
      (_, index) => this.ids[(from + index) % this.capacity] as string,
    );
    return { ids, next, oldest };
  }
}
