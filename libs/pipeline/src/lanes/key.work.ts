import type { KafkaRecord } from '../ports/record';
import type { LaneWork, WorkSite } from './lane-work';
import { handleUntilDone } from './lane-work';
import type { Segment } from './watermark';

/** Keys whose records may wait for one of the same key before the partition waits. */
const PARKED_KEYS = 1_000;
/** Records of a lane by key that are not finished, or finished above one that is not. */
export const KEY_WINDOW_RECORDS = 5_000;

interface Entry {
  readonly records: readonly KafkaRecord[];
  readonly segment: Segment;
}

/**
 * Each record alone: those of one key one after the other, different keys side by side.
 *
 * A record without a key waits for nobody. A key that waits (for its next attempt, for a gate) keeps
 * its own later records waiting and nothing else, until the window is full: the commit stands at
 * the record that waits, so everything above it counts.
 */
export class KeyWork implements LaneWork {
  ended: Promise<void> | null = null;
  calls = 0;
  abandoned = 0;
  private stuckMs = 0;
  private end: () => void = () => undefined;
  private isReady = false;
  /** By key that is in hand: its records that wait. */
  private readonly behind = new Map<string, Entry[]>();
  private parkedKeys = 0;

  constructor(private readonly site: WorkSite) {}

  get recordsInHand(): number {
    return this.calls;
  }

  /** Only a window that lets nothing more in is stuck: one key that waits is not. */
  get stuckSinceMs(): number | null {
    return this.ended === null || this.site.queue.isEmpty ? null : this.stuckMs;
  }

  isBlocked(divisor: number): boolean {
    return this.parkedKeys >= (this.site.limits.parkedKeys ?? PARKED_KEYS) / divisor;
  }

  poke(): void {
    const { site } = this;
    if (site.queue.isEmpty) return;
    if (this.ended === null) this.start();
    if (!this.isReady) return;
    this.admitMore();
    if (this.calls === 0) this.finish();
  }

  private start(): void {
    this.stuckMs = this.site.clock.monotonicMs();
    this.ended = new Promise((resolve) => (this.end = resolve));
    if (this.isReady) return;
    void this.site.predecessor.then(() => {
      this.isReady = true;
      this.poke();
      if (this.calls === 0) this.finish();
    });
  }

  private finish(): void {
    if (this.ended === null) return;
    this.ended = null;
    this.end();
    this.site.idle();
  }

  private hasRoom(): boolean {
    const { limits, watermark } = this.site;
    return (
      watermark.openRecords < (limits.windowRecords ?? KEY_WINDOW_RECORDS) &&
      watermark.openBytes < limits.maxInFlightBytes &&
      !this.isBlocked(1)
    );
  }

  private admitMore(): void {
    const { queue, mayBegin } = this.site;
    while (!queue.isEmpty && mayBegin() && this.hasRoom()) this.admit();
  }

  private admit(): void {
    const { queue, watermark } = this.site;
    const { records, next, bytes } = queue.cut();
    const segment = watermark.begin(next, { records: records.length, bytes });
    const [record] = records;
    if (record === undefined) {
      this.moveOn(segment, 0);
      return;
    }
    const key = record.key?.toString('latin1') ?? null;
    const waiting = key === null ? undefined : this.behind.get(key);
    if (waiting !== undefined) {
      if (waiting.length === 0) this.parkedKeys += 1;
      waiting.push({ records, segment });
      return;
    }
    if (key !== null) this.behind.set(key, []);
    void this.work(key, { records, segment });
  }

  private async work(key: string | null, first: Entry): Promise<void> {
    let entry: Entry | undefined = first;
    while (entry !== undefined) {
      const { segment } = entry;
      this.calls += 1;
      const ending = await handleUntilDone(entry.records, this.site);
      const isDone = ending.kind !== 'abandoned';
      if (ending.kind !== 'on-its-way') this.close(segment, isDone);
      else void ending.durable.then((isDurable) => this.endLater(segment, isDurable));
      // Behind a record that was abandoned nothing of its key may be begun.
      entry = isDone && this.site.mayBegin() ? this.nextOf(key) : undefined;
      // Left before more is let in: what comes now must not queue behind nobody.
      if (entry === undefined && key !== null) this.leave(key);
      this.admitMore();
    }
    if (this.calls === 0) this.finish();
  }

  private close(segment: Segment, isDone: boolean): void {
    this.calls -= 1;
    if (isDone) this.moveOn(segment, 1);
    else this.abandoned += 1;
  }

  /** What it left on its way has arrived, or was given up. */
  private endLater(segment: Segment, isDurable: boolean): void {
    this.close(segment, isDurable);
    this.admitMore();
    if (this.calls === 0) this.finish();
  }

  private moveOn(segment: Segment, records: number): void {
    const { watermark, clock, finished } = this.site;
    const before = watermark.committable;
    watermark.finish(segment);
    if (watermark.committable !== before) this.stuckMs = clock.monotonicMs();
    finished(records);
  }

  private nextOf(key: string | null): Entry | undefined {
    const waiting = key === null ? undefined : this.behind.get(key);
    const next = waiting?.shift();
    if (next !== undefined && waiting?.length === 0) this.parkedKeys -= 1;
    return next;
  }

  /** Forgets a key; what waited behind an abandoned record is delivered again. */
  private leave(key: string): void {
    if ((this.behind.get(key)?.length ?? 0) > 0) this.parkedKeys -= 1;
    this.behind.delete(key);
  }
}
