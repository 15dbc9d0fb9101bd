import type { LaneWork, WorkSite } from './lane-work';
import { handleUntilDone } from './lane-work';

/** Longest wait in one go for a record that is not due; unit ms. */
const LONGEST_WAIT_MS = 30_000;

/** One slice at a time, in the order of the offsets; a lane that waits for a due time can be stopped at once. */
export class SequentialWork implements LaneWork {
  ended: Promise<void> | null = null;
  calls = 0;
  abandoned = 0;
  recordsInHand = 0;
  stuckSinceMs: number | null = null;
  private onMore: (() => void) | null = null;

  constructor(private readonly site: WorkSite) {}

  poke(): void {
    if (this.ended !== null) this.onMore?.();
    else if (!this.site.queue.isEmpty) this.ended = this.work();
  }

  isBlocked(): boolean {
    return false;
  }

  private async work(): Promise<void> {
    const { site } = this;
    this.stuckSinceMs = site.clock.monotonicMs();
    await site.predecessor;
    while (site.mayBegin() && !site.queue.isEmpty) {
      const waitMs = this.waitMs();
      if (waitMs > 0) await this.untilMore(waitMs);
      else if (!(await this.handleNext())) break;
    }
    // In the same turn as the last look at the queue: a batch offered later must find no worker.
    this.ended = null;
    this.stuckSinceMs = null;
    site.idle();
  }

  private async handleNext(): Promise<boolean> {
    const { queue, watermark, clock, finished, limits } = this.site;
    const { dueAtMs } = limits;
    const nowMs = clock.now();
    const slice = queue.cut(dueAtMs && ((record) => dueAtMs(record) <= nowMs));
    const size = { records: slice.records.length, bytes: slice.bytes };
    const segment = watermark.begin(slice.next, size);
    this.stuckSinceMs = clock.monotonicMs();
    if (size.records > 0) {
      this.calls = 1;
      this.recordsInHand = size.records;
      const isDone = await handleUntilDone(slice.records, this.site);
      this.calls = 0;
      this.recordsInHand = 0;
      if (!isDone) {
        this.abandoned = 1;
        return false;
      }
    }
    watermark.finish(segment);
    finished(size.records);
    return true;
  }

  /** How long the next slice still waits; 0 = take it; unit ms. */
  private waitMs(): number {
    const { queue, limits, clock } = this.site;
    const { dueAtMs } = limits;
    if (dueAtMs === undefined || queue.head === null) return this.windowMs();
    const dueMs = dueAtMs(queue.head) - clock.now();
    // Not in one go: the clock of the machine may be set meanwhile.
    return Math.max(this.windowMs(), Math.min(dueMs, LONGEST_WAIT_MS));
  }

  /** How long the next slice still waits for more; 0 = take it; unit ms. */
  private windowMs(): number {
    const { queue, limits, clock, holdsTooMuch } = this.site;
    const { maxWaitMs = 0 } = limits;
    const { oldestMs } = queue;
    // A lane that is full gets no more.
    if (maxWaitMs <= 0 || oldestMs === null || queue.hasFullSlice || holdsTooMuch(1)) return 0;
    return oldestMs + maxWaitMs - clock.monotonicMs();
  }

  private async untilMore(waitMs: number): Promise<void> {
    this.stuckSinceMs = null;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        this.onMore = null;
        cancel();
        resolve();
      };
      const cancel = this.site.clock.setTimer(end, waitMs);
      this.onMore = () => {
        if (!this.site.mayBegin() || this.waitMs() <= 0) end();
      };
    });
  }
}
