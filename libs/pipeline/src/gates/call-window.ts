const BUCKETS = 10;

/** Counts how calls ended in the last `windowMs`, in steps of a tenth of it. */
export class CallWindow {
  private readonly succeeded = new Array<number>(BUCKETS).fill(0);
  private readonly failed = new Array<number>(BUCKETS).fill(0);
  /** Number of the bucket that was written last, counted from the start of the clock. */
  private last = 0;

  constructor(private readonly windowMs: number) {}

  add(calls: { readonly succeeded: number; readonly failed: number }, nowMs: number): void {
    const slot = this.moveTo(nowMs);
    this.succeeded[slot] = (this.succeeded[slot] ?? 0) + calls.succeeded;
    this.failed[slot] = (this.failed[slot] ?? 0) + calls.failed;
  }

  /** Unit of both: calls. */
  read(nowMs: number): { readonly calls: number; readonly failed: number } {
    this.moveTo(nowMs);
    const failed = sum(this.failed);
    return { calls: failed + sum(this.succeeded), failed };
  }

  clear(): void {
    this.succeeded.fill(0);
    this.failed.fill(0);
  }

  private moveTo(nowMs: number): number {
    const bucket = Math.floor((nowMs * BUCKETS) / this.windowMs);
    if (bucket - this.last >= BUCKETS) this.clear();
    else {
      for (let old = this.last + 1; old <= bucket; old += 1) {
        this.succeeded[old % BUCKETS] = 0;
        this.failed[old % BUCKETS] = 0;
      }
    }
    this.last = Math.max(this.last, bucket);
    return this.last % BUCKETS;
  }
}

function sum(counts: readonly number[]): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
