import type { Clock } from 'millrace/retry';
import { sleep } from 'millrace/retry';
import type {
  FetchedBatch,
  KafkaRecord,
  Offset,
  RevokeReason,
  TopicPartition,
} from '../ports/driver';
import { Watermark } from './watermark';

export interface LaneLimits {
  /** Records a lane holds before its partition is paused; unit records. */
  readonly maxInFlightRecords: number;
  /** The same in bytes of keys and values; unit bytes. */
  readonly maxInFlightBytes: number;
  /** Most records handled together; unit records. */
  readonly sliceRecords: number;
}

/** Handles a slice until every record has a durable outcome; rejects only when the signal fired. */
export type SliceHandler = (
  records: readonly KafkaRecord[],
  lane: TopicPartition & { readonly signal: AbortSignal },
) => Promise<void>;

export interface LaneEvents {
  /** The lane holds too much: pause the partition. */
  full(lane: Lane): void;
  /** The lane is half empty again: resume the partition. */
  drained(lane: Lane): void;
  /** A slice is finished. */
  progress(lane: Lane, records: number): void;
  /** The core itself failed; the slice is handled again. */
  fault(lane: Lane, error: unknown): void;
}

const FAULT_WAIT_MS = 1_000;
/** How long an abandoned slice may take to notice its signal before nobody waits for it any more. */
const ABANDON_GRACE_MS = 500;

/**
 * Works on one assigned partition in one epoch: bounded, in order, one slice at a time.
 *
 * Promises: records are handled in the order of their offsets; the watermark only passes records
 * whose slice is finished; after `stop` nothing more is begun.
 *
 * @see docs/architecture.md, "How a record is processed", step 2
 */
export class Lane implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly watermark = new Watermark();
  /** What the group has committed through this lane; null = nothing yet. */
  committed: Offset | null = null;

  private readonly batches: FetchedBatch[] = [];
  private cursor = 0;
  private heldRecords = 0;
  private heldBytes = 0;
  private isFull = false;
  private isStopped = false;
  private onRoom: (() => void) | null = null;
  private working: Promise<void> | null = null;
  private readonly abort = new AbortController();

  constructor(
    target: TopicPartition,
    readonly epoch: number,
    private readonly limits: LaneLimits,
    private readonly handle: SliceHandler,
    private readonly events: LaneEvents,
    private readonly clock: Clock,
    /** Work of an older epoch on the same partition: it must end before this lane begins. */
    private readonly predecessor: Promise<void> = Promise.resolve(),
  ) {
    this.topic = target.topic;
    this.partition = target.partition;
  }

  get isIdle(): boolean {
    return this.working === null && this.batches.length === 0;
  }

  get inFlightRecords(): number {
    return this.heldRecords;
  }

  /**
   * Takes a batch and returns at once.
   *
   * @returns false when the lane is stopped: the batch was not taken.
   */
  offer(batch: FetchedBatch): boolean {
    if (this.isStopped) return false;
    this.batches.push(batch);
    this.heldRecords += batch.records.length;
    this.heldBytes += batch.bytes;
    this.working ??= this.work();
    return true;
  }

  /**
   * Resolves when the lane has room for another batch, or after `holdMs`, when it asks for a pause.
   *
   * A short wait costs nothing; a pause makes the client throw away what it has fetched already.
   */
  async whenRoom(holdMs: number): Promise<void> {
    if (!this.holdsTooMuch(1)) return;
    await new Promise<void>((resolve) => {
      const cancel = this.clock.setTimer(resolve, holdMs);
      this.onRoom = () => {
        cancel();
        resolve();
      };
    });
    this.onRoom = null;
    if (this.isFull || this.isStopped || !this.holdsTooMuch(1)) return;
    this.isFull = true;
    this.events.full(this);
  }

  /**
   * Begins nothing more and waits for the slice in hand, at most `budgetMs`; then abandons it.
   *
   * What was abandoned or not begun stays uncommitted and is delivered again. A handler that ignores
   * its signal is not waited for longer than a moment; {@link settled} tells its real end.
   *
   * @returns slices that were abandoned in the middle: 0 or 1.
   */
  async stop(reason: RevokeReason, budgetMs: number): Promise<number> {
    this.isStopped = true;
    this.dropQueue();
    this.onRoom?.();
    const { working } = this;
    if (working === null) return 0;
    const cancels: Array<() => void> = [];
    const givenUp = new Promise<void>((resolve) => {
      const abandon = () => {
        this.abort.abort(new Error(reason));
        cancels.push(this.clock.setTimer(resolve, ABANDON_GRACE_MS));
      };
      cancels.push(this.clock.setTimer(abandon, budgetMs));
    });
    await Promise.race([working, givenUp]);
    for (const cancel of cancels) cancel();
    return this.watermark.openSegments;
  }

  /** Resolves when no work of this lane is under way. */
  async settled(): Promise<void> {
    await this.working;
  }

  private async work(): Promise<void> {
    await this.predecessor;
    while (!this.isStopped && this.batches.length > 0) {
      const slice = this.nextSlice();
      const segment = this.watermark.begin(slice.next);
      if (!(await this.finish(slice.records))) break;
      this.watermark.finish(segment);
      this.release(slice.records.length, slice.bytes);
      this.events.progress(this, slice.records.length);
    }
    // In the same turn as the last look at the queue: a batch offered later must find no worker.
    this.working = null;
    if (this.isStopped) this.dropQueue();
  }

  private dropQueue(): void {
    this.batches.length = 0;
    this.cursor = 0;
    // The slice in hand is still held; what it was cut from is gone.
    if (this.working !== null) return;
    this.heldRecords = 0;
    this.heldBytes = 0;
  }

  /** @returns false when the slice was abandoned. */
  private async finish(records: readonly KafkaRecord[]): Promise<boolean> {
    const { signal } = this.abort;
    const lane = { topic: this.topic, partition: this.partition, signal };
    for (;;) {
      try {
        await this.handle(records, lane);
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        this.events.fault(this, error);
      }
      try {
        await sleep(this.clock, FAULT_WAIT_MS, signal);
      } catch {
        return false;
      }
    }
  }

  private nextSlice(): { records: readonly KafkaRecord[]; next: Offset; bytes: number } {
    const records: KafkaRecord[] = [];
    let next: Offset = 0n;
    let bytes = 0;
    let batch = this.batches[0];
    while (batch !== undefined) {
      const end = this.cursor + this.limits.sliceRecords - records.length;
      for (let index = this.cursor; index < end && index < batch.records.length; index += 1) {
        records.push(batch.records[index] as KafkaRecord);
      }
      const rest = batch.records[end];
      if (rest !== undefined) {
        this.cursor = end;
        next = rest.offset;
        break;
      }
      next = batch.nextOffset;
      bytes += batch.bytes;
      this.cursor = 0;
      this.batches.shift();
      batch = records.length < this.limits.sliceRecords ? this.batches[0] : undefined;
    }
    return { records, next, bytes };
  }

  private release(records: number, bytes: number): void {
    this.heldRecords -= records;
    this.heldBytes -= bytes;
    if (!this.holdsTooMuch(1)) this.onRoom?.();
    if (this.isFull && !this.isStopped && !this.holdsTooMuch(2)) {
      this.isFull = false;
      this.events.drained(this);
    }
  }

  private holdsTooMuch(divisor: number): boolean {
    const { maxInFlightRecords, maxInFlightBytes } = this.limits;
    return (
      this.heldRecords > maxInFlightRecords / divisor || this.heldBytes > maxInFlightBytes / divisor
    );
  }
}
