import { setMaxListeners } from 'node:events';
import type { Clock } from 'millrace/retry';
import type { FetchedBatch, RevokeReason } from '../ports/driver';
import type { Offset, TopicPartition } from '../ports/record';
import { BatchQueue } from './batch-queue';
import { KEY_WINDOW_RECORDS, KeyWork } from './key.work';
import type { LaneLimits, LaneWork, SliceHandler, WorkSite } from './lane-work';
import { Parking } from './parking';
import { SequentialWork } from './sequential.work';
import { Watermark } from './watermark';

export type { LaneLimits, SliceHandler } from './lane-work';

export interface LaneEvents {
  /** The lane holds too much: pause the partition. */
  full(lane: Lane): void;
  /** The lane is half empty again: resume the partition. */
  drained(lane: Lane): void;
  /** The lane has waited for long and dropped what it had not begun: pause the partition. */
  parked(lane: Lane): void;
  /** The wait is over: read on from this offset. */
  unparked(lane: Lane, next: Offset): void;
  /** A slice is finished. */
  progress(lane: Lane, records: number): void;
  /** Records below the watermark came again and were finished again; it stays where it is. */
  lowered(lane: Lane): void;
  /** The core itself failed; the slice is handled again. */
  fault(lane: Lane, error: unknown): void;
}

/** How long an abandoned slice may take to notice its signal before nobody waits for it any more. */
const ABANDON_GRACE_MS = 500;

/**
 * Works on one assigned partition in one epoch, bounded: slice by slice in order, or by key.
 *
 * Promises: records are handled in the order of their offsets, with `perKey` in that order per key;
 * the watermark only passes records that are finished; after `stop` nothing more is begun, and once
 * it has answered the watermark stands still.
 *
 * @see docs/architecture.md, "How a record is processed", step 2
 */
export class Lane implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly watermark = new Watermark(() => this.events.lowered(this));
  /** What the group has committed through this lane; null = nothing yet. */
  committed: Offset | null = null;

  private readonly queue: BatchQueue;
  private readonly work: LaneWork;
  private readonly parking: Parking;
  private readonly maxRecords: number;
  /** `closed` = nobody waits any more for what is in hand. */
  private phase: 'open' | 'stopping' | 'closed' = 'open';
  private isFull = false;
  /** Where to read on after the wait; null when the lane is not parked. */
  private parkedAt: Offset | null = null;
  private onRoom: (() => void) | null = null;
  private readonly abort = new AbortController();

  constructor(
    target: TopicPartition,
    readonly epoch: number,
    private readonly limits: LaneLimits,
    handle: SliceHandler,
    private readonly events: LaneEvents,
    private readonly clock: Clock,
    /** Work of an older epoch on the same partition: it must end before this lane begins. */
    private readonly predecessor: Promise<void> = Promise.resolve(),
  ) {
    this.topic = target.topic;
    this.partition = target.partition;
    const { perKey = false, sliceRecords, sliceBytes = Number.POSITIVE_INFINITY } = limits;
    const { maxInFlightRecords, windowRecords = KEY_WINDOW_RECORDS } = limits;
    this.maxRecords = perKey ? windowRecords : maxInFlightRecords;
    this.queue = new BatchQueue(
      perKey
        ? { maxRecords: 1, maxBytes: Number.MAX_SAFE_INTEGER }
        : { maxRecords: sliceRecords, maxBytes: sliceBytes },
    );
    const site = this.siteFor(handle);
    this.work = perKey ? new KeyWork(site) : new SequentialWork(site);
    this.parking = new Parking({
      clock,
      afterMs: limits.parkAfterMs ?? Number.POSITIVE_INFINITY,
      stuckSinceMs: () => this.work.stuckSinceMs,
      park: () => this.park(),
    });
    // As many waits as there are keys hang on it.
    if (perKey) setMaxListeners(0, this.abort.signal);
  }

  get isIdle(): boolean {
    return this.work.ended === null && this.queue.isEmpty;
  }

  /** Records taken and not finished; with `perKey` also those finished above one that is not. */
  get inFlightRecords(): number {
    if (this.phase !== 'open') return this.work.recordsInHand;
    return this.queue.records + this.watermark.openRecords;
  }

  /**
   * Takes a batch and returns at once.
   *
   * @returns false when the lane is stopped or parked: the batch was not taken.
   */
  offer(batch: FetchedBatch): boolean {
    if (this.phase !== 'open') return false;
    if (this.parkedAt !== null) {
      // A rebalance of the same moment can take the pause away.
      this.events.parked(this);
      return false;
    }
    this.queue.push(batch, (this.limits.maxWaitMs ?? 0) > 0 ? this.clock.monotonicMs() : 0);
    this.parking.arm();
    this.work.poke();
    return true;
  }

  /**
   * Waits until the lane has room for another batch, or `holdMs`, and then asks for a pause.
   *
   * A short wait costs nothing; a pause makes the client throw away what it has fetched already.
   *
   * @returns false when what the lane had taken was dropped meanwhile: do not read on behind it.
   */
  async whenRoom(holdMs: number): Promise<boolean> {
    if (!this.holdsTooMuch(1)) return this.isTaking;
    await new Promise<void>((resolve) => {
      const cancel = this.clock.setTimer(resolve, holdMs);
      this.onRoom = () => {
        cancel();
        resolve();
      };
    });
    this.onRoom = null;
    if (!this.isTaking) return false;
    // Also when it is full already: then the pause was lost.
    if (this.holdsTooMuch(1)) {
      this.isFull = true;
      this.events.full(this);
    }
    return true;
  }

  /**
   * Begins nothing more and waits for what is in hand, at most `budgetMs`; then abandons it.
   *
   * What was abandoned or not begun stays uncommitted and is delivered again. A handler that ignores
   * its signal is not waited for longer than a moment; {@link settled} tells its real end.
   *
   * @returns calls that were abandoned in the middle, or with something of theirs on its way.
   */
  async stop(reason: RevokeReason, budgetMs: number): Promise<number> {
    // What was abandoned before is not waited for again.
    if (this.phase === 'closed') return this.openCalls;
    this.phase = 'stopping';
    this.queue.drop();
    this.onRoom?.();
    // A slice that waits for more records looks again and ends.
    this.work.poke();
    const { ended } = this.work;
    if (ended !== null) await this.endedWithin(ended, reason, budgetMs);
    this.phase = 'closed';
    this.parking.disarm();
    return this.openCalls;
  }

  /** Resolves when no work of this lane, nor of those before it, is under way. */
  async settled(): Promise<void> {
    await this.predecessor;
    await this.work.ended;
  }

  private siteFor(handle: SliceHandler): WorkSite {
    const { topic, partition } = this;
    return {
      limits: this.limits,
      clock: this.clock,
      queue: this.queue,
      watermark: this.watermark,
      handle,
      scope: { topic, partition, signal: this.abort.signal },
      predecessor: this.predecessor,
      mayBegin: () => this.phase === 'open',
      mayFinish: () => this.phase !== 'closed',
      holdsTooMuch: (divisor) => this.holdsTooMuch(divisor),
      finished: (records) => this.onFinished(records),
      relieved: () => this.relieve(),
      idle: () => this.onIdle(),
      fault: (error) => this.events.fault(this, error),
    };
  }

  private get openCalls(): number {
    return this.work.calls + this.work.abandoned;
  }

  private get isTaking(): boolean {
    return this.phase === 'open' && this.parkedAt === null;
  }

  private async endedWithin(
    ended: Promise<void>,
    reason: RevokeReason,
    budgetMs: number,
  ): Promise<void> {
    const cancels: Array<() => void> = [];
    const givenUp = new Promise<void>((resolve) => {
      const abandon = () => {
        this.abort.abort(new Error(reason));
        cancels.push(this.clock.setTimer(resolve, ABANDON_GRACE_MS));
      };
      cancels.push(this.clock.setTimer(abandon, budgetMs));
    });
    await Promise.race([ended, givenUp]);
    for (const cancel of cancels) cancel();
  }

  private onFinished(records: number): void {
    this.relieve();
    this.events.progress(this, records);
  }

  private onIdle(): void {
    this.parking.disarm();
    // A lane that was parked before it could begin anything has finished nothing.
    this.relieve();
  }

  /** Takes pauses back when there is room again. */
  private relieve(): void {
    if (!this.holdsTooMuch(1)) this.onRoom?.();
    if (this.phase !== 'open' || this.holdsTooMuch(2)) return;
    if (this.isFull) this.events.drained(this);
    this.isFull = false;
    this.unpark();
  }

  private park(): void {
    if (!this.isTaking) return;
    this.parkedAt = this.queue.position;
    this.queue.drop();
    this.onRoom?.();
    this.events.parked(this);
  }

  private unpark(): void {
    const next = this.parkedAt;
    if (next === null) return;
    this.parkedAt = null;
    this.events.unparked(this, next);
  }

  private holdsTooMuch(divisor: number): boolean {
    const { queue, watermark } = this;
    return (
      queue.records + watermark.openRecords > this.maxRecords / divisor ||
      queue.bytes + watermark.openBytes > this.limits.maxInFlightBytes / divisor ||
      (!queue.isEmpty && this.work.isBlocked(divisor))
    );
  }
}
