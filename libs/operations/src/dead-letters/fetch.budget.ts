/** Holds fetched records, and can let go of them and fetch them again. */
export interface FetchHolder {
  drop(): void;
}

/**
 * Bounds what fetched records take together: who was served longest ago lets go of them.
 *
 * Promise: beyond the limit nobody but the last one holds any.
 */
export class FetchBudget {
  private readonly held = new Map<FetchHolder, number>();
  private total = 0;

  /** @param maxBytes - unit bytes. */
  constructor(private readonly maxBytes: number) {}

  /** Unit bytes. */
  get heldBytes(): number {
    return this.total;
  }

  /** Says that a holder has so much now, in place of what it had before; unit bytes. */
  hold(holder: FetchHolder, bytes: number): void {
    this.forget(holder);
    this.held.set(holder, bytes);
    this.total += bytes;
    for (const other of this.held.keys()) {
      if (this.total <= this.maxBytes || other === holder) return;
      this.forget(other);
      other.drop();
    }
  }

  forget(holder: FetchHolder): void {
    this.total -= this.held.get(holder) ?? 0;
    this.held.delete(holder);
  }
}
