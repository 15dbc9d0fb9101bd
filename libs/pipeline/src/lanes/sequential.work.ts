import type { Ending, LaneWork, WorkSite } from './lane-work';
import { handleUntilDone } from './lane-work';
import type { Segment } from './watermark';

/** Longest wait in one go for a record that is not due; unit ms. */
const LONGEST_WAIT_MS = 30_000;
/** Slices that may be handled and not finished, because letters of theirs are on their way. */
const MAX_UNFINISHED_SLICES = 4;
/** Slices ahead of what may be committed: after a crash they come again. */
const MAX_OPEN_SLICES = 16;

/**
 * One slice at a time, in the order of the offsets; a lane that waits for a due time can be stopped at once.
 *
 * A slice whose dead letters are on their way does not keep the next ones waiting, up to a bound.
 */
export class SequentialWork implements LaneWork {
  ended: Promise<void> | null = null;
  abandoned = 0;
  recordsInHand = 0;
  stuckSinceMs: number | null = null;
  private isHandling = false;
  private unfinished = 0;
  private onMore: (() => void) | null = null;
  private onFinished: (() => void) | null = null;

  constructor(private readonly site: WorkSite) {}

  get calls(): number {
    return (this.isHandling ? 1 : 0) + this.unfinished;
  }

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
    for (;;) {
      const mayHandle = this.abandoned === 0 && site.mayBegin() && !site.queue.isEmpty;
      if (!mayHandle && this.unfinished === 0) break;
      if (!mayHandle || this.isTooFarAhead) {
        await this.untilFinishedOrMore();
        continue;
      }
      const waitMs = this.waitMs();
      if (waitMs > 0) await this.untilMore(waitMs);
      else await this.handleNext();
    }
    // In the same turn as the last look at the queue: a batch offered later must find no worker.
    this.ended = null;
    this.stuckSinceMs = null;
    site.idle();
  }

  private get isTooFarAhead(): boolean {
    const { openSegments } = this.site.watermark;
    return this.unfinished >= MAX_UNFINISHED_SLICES || openSegments >= MAX_OPEN_SLICES;
  }

  private async handleNext(): Promise<void> {
    const { queue, watermark, clock, limits } = this.site;
    const { dueAtMs } = limits;
    const nowMs = clock.now();
    const slice = queue.cut(dueAtMs && ((record) => dueAtMs(record) <= nowMs));
    const size = { records: slice.records.length, bytes: slice.bytes };
    const segment = watermark.begin(slice.next, size);
    this.stuckSinceMs = clock.monotonicMs();
    if (size.records === 0) {
      this.finish(segment, 0);
      return;
    }
    this.isHandling = true;
    this.recordsInHand = size.records;
    const ending = await handleUntilDone(slice.records, this.site);
    this.isHandling = false;
    this.recordsInHand = 0;
    this.end(ending, segment, size.records);
  }

  private end(ending: Ending, segment: Segment, records: number): void {
    switch (ending.kind) {
      case 'finished':
        this.finish(segment, records);
        return;
      case 'abandoned':
        this.abandoned += 1;
        return;
      case 'on-its-way':
        this.unfinished += 1;
        this.site.watermark.release(segment);
        this.site.relieved();
        void ending.durable.then((isDurable) => {
          this.unfinished -= 1;
          if (isDurable) this.finish(segment, records);
          else this.abandoned += 1;
          this.onFinished?.();
        });
        return;
      default:
        ending satisfies never;
    }
  }

  private finish(segment: Segment, records: number): void {
    // A letter of an earlier slice may be on its way still.
    this.site.watermark.release(segment);
    this.site.watermark.finish(segment);
    this.site.finished(records);
  }

  /** Of the slices whose letters are on their way one is finished, or there is more to handle. */
  private async untilFinishedOrMore(): Promise<void> {
    const mayTakeMore = !this.isTooFarAhead;
    await new Promise<void>((resolve) => {
      this.onFinished = resolve;
      if (mayTakeMore) this.onMore = resolve;
    });
    this.onFinished = null;
    this.onMore = null;
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
