import type {
  BatchControl,
  BatchHandler,
  ConsumerEvents,
  Offset,
  TopicPartition,
} from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { fetchSlice } from './fetch-slice';
import type { PartitionLog } from './partition-log';

export interface ReaderLimits {
  /** Kafka `max.partition.fetch.bytes`; unit bytes. */
  readonly maxBytesPerPartition: number;
  /** Unit records. */
  readonly maxRecordsPerBatch: number;
  /** Wait before an offset is fetched again that the handler did not take; unit ms. */
  readonly fetchAgainMs: number;
}

export interface ReaderParts {
  readonly target: TopicPartition;
  readonly position: Offset;
  readonly control: BatchControl;
  readonly handler: BatchHandler;
  readonly limits: ReaderLimits;
  readonly clock: Clock;
  readonly log: () => PartitionLog | undefined;
  readonly canFetch: () => boolean;
  /** Called when the handler has a batch in hand. @param records - its length. */
  readonly delivered: (records: number) => void;
  /** A call of an older epoch on the same partition: it ends before this reader begins. */
  readonly predecessor: Promise<void>;
  readonly emit: <E extends 'offsetLost' | 'fetched'>(event: E, payload: ConsumerEvents[E]) => void;
}

/**
 * Feeds the handler of one member from one partition in one epoch.
 *
 * Promises: one call at a time; nothing is handed over while paused or after `close`; a seek wins
 * against the answer of a call that was open.
 */
export class PartitionReader {
  private position: Offset;
  private isPaused = false;
  private isClosed = false;
  private isScheduled = false;
  private moves = 0;
  private call: Promise<void>;
  private isBusy = true;
  private cancelRefetch: (() => void) | null = null;

  constructor(private readonly parts: ReaderParts) {
    this.position = parts.position;
    this.call = parts.predecessor.then(() => this.becomeFree());
  }

  /** Resolves when no call is open. */
  async idle(): Promise<void> {
    await this.call;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.poke();
  }

  seek(offset: Offset): void {
    this.position = offset;
    this.moves += 1;
    this.poke();
  }

  close(): void {
    this.isClosed = true;
    this.cancelRefetch?.();
  }

  /** Looks for something to hand over, in a later turn. */
  poke(): void {
    if (this.isScheduled || this.isBusy || this.isClosed) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.deliver();
    });
  }

  private get mayDeliver(): boolean {
    return !this.isClosed && !this.isPaused && !this.isBusy && this.parts.canFetch();
  }

  private deliver(): void {
    const log = this.parts.log();
    if (!this.mayDeliver || log === undefined || this.isLost(log)) return;
    const { limits, target, emit } = this.parts;
    const batch = fetchSlice(log, target, this.position, {
      maxBytes: limits.maxBytesPerPartition,
      maxRecords: limits.maxRecordsPerBatch,
    });
    if (batch === null) return;
    emit('fetched', { durationMs: 0 });
    this.isBusy = true;
    this.call = this.hand({ ...target, ...batch, highWatermark: log.end });
    this.parts.delivered(batch.records.length);
  }

  private async hand(batch: Parameters<BatchHandler>[0]): Promise<void> {
    const { moves } = this;
    const resume = await this.ask(batch);
    if (resume !== null && moves === this.moves) this.position = resume;
    if (resume === null && moves === this.moves) this.fetchAgainLater();
    else this.becomeFree();
  }

  private async ask(batch: Parameters<BatchHandler>[0]): Promise<Offset | null> {
    try {
      return (await this.parts.handler(batch, this.parts.control)).resume;
    } catch {
      // The core promises never to reject; if it does, the batch comes again.
      return null;
    }
  }

  private fetchAgainLater(): void {
    const { clock, limits } = this.parts;
    this.cancelRefetch = clock.setTimer(() => this.becomeFree(), limits.fetchAgainMs);
  }

  private becomeFree(): void {
    this.isBusy = false;
    this.poke();
  }

  private isLost(log: PartitionLog): boolean {
    const { earliest, end } = log;
    if (this.position >= earliest && this.position <= end) return false;
    // Held until somebody decides: seek, then resume.
    this.pause();
    const { target, emit } = this.parts;
    emit('offsetLost', { ...target, committed: this.position, earliest, end });
    return true;
  }
}
