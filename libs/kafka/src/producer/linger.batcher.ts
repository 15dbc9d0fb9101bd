import type { Clock } from 'millrace/retry';
import type { PendingRecord } from './pending-record';

export interface LingerLimits {
  /** How long the first record of a batch waits for others; unit ms. */
  readonly lingerMs: number;
  readonly batchRecords: number;
  readonly batchBytes: number;
}

/** Records of one topic, in the order of their publish. */
export interface TopicBatch {
  readonly topic: string;
  readonly records: readonly PendingRecord[];
}

interface TopicQueue {
  readonly records: PendingRecord[];
  bytes: number;
  isReady: boolean;
  /** When one of its records has waited for long enough; unit ms, monotonic. */
  dueAtMs: number;
  cancelTimer: (() => void) | null;
}

/**
 * Collects single publishes into batches, one topic each.
 *
 * A batch is ready when it is full or one of its records has waited for its linger time. One topic
 * per batch, so that a topic that is gone fails only its own records.
 */
export class LingerBatcher {
  /** In the order of their turn. */
  private readonly queues = new Map<string, TopicQueue>();

  constructor(
    private readonly limits: LingerLimits,
    private readonly clock: Clock,
    private readonly onReady: () => void,
  ) {}

  get isEmpty(): boolean {
    return this.queues.size === 0;
  }

  get hasReady(): boolean {
    return [...this.queues.values()].some(({ isReady }) => isReady);
  }

  /** @param lingerMs - how long this record waits at most; unit ms. */
  add(record: PendingRecord, lingerMs = this.limits.lingerMs): void {
    const queue = this.queueOf(record.topic);
    queue.records.push(record);
    queue.bytes += record.bytes;
    const { batchRecords, batchBytes } = this.limits;
    if (queue.isReady) return;
    if (queue.records.length >= batchRecords || queue.bytes >= batchBytes) this.makeReady(queue);
    else this.arm(queue, lingerMs);
  }

  /** Lets every waiting record go now. */
  flush(): void {
    for (const queue of this.queues.values()) this.makeReady(queue);
  }

  /** @returns the next batch that is ready, the topics in turn; null when none is. */
  take(): TopicBatch | null {
    for (const [topic, queue] of this.queues) {
      if (!queue.isReady) continue;
      this.queues.delete(topic);
      const records = this.cut(queue);
      if (queue.records.length > 0) this.queues.set(topic, queue);
      if (records.length > 0) return { topic, records };
    }
    return null;
  }

  private cut(queue: TopicQueue): readonly PendingRecord[] {
    const { batchRecords, batchBytes } = this.limits;
    let count = 0;
    let bytes = 0;
    for (const record of queue.records) {
      const isFull = count > 0 && bytes + record.bytes > batchBytes;
      if (count >= batchRecords || isFull) break;
      count += 1;
      bytes += record.bytes;
    }
    queue.bytes -= bytes;
    // What expired while it waited is not sent.
    return queue.records.splice(0, count).filter((record) => !record.isSettled);
  }

  private queueOf(topic: string): TopicQueue {
    const present = this.queues.get(topic);
    if (present !== undefined) return present;
    const queue: TopicQueue = {
      records: [],
      bytes: 0,
      isReady: false,
      dueAtMs: Number.POSITIVE_INFINITY,
      cancelTimer: null,
    };
    this.queues.set(topic, queue);
    return queue;
  }

  /** The record that is least patient decides for all of its batch. */
  private arm(queue: TopicQueue, lingerMs: number): void {
    const dueAtMs = this.clock.monotonicMs() + lingerMs;
    if (dueAtMs >= queue.dueAtMs) return;
    queue.dueAtMs = dueAtMs;
    queue.cancelTimer?.();
    queue.cancelTimer = this.clock.setTimer(() => this.makeReady(queue), lingerMs);
  }

  private makeReady(queue: TopicQueue): void {
    queue.cancelTimer?.();
    queue.cancelTimer = null;
    if (queue.isReady) return;
    queue.isReady = true;
    this.onReady();
  }
}
