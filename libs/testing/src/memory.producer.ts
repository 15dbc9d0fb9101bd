import type { MillraceError } from 'millrace/errors';
import { MillraceError as MillraceErrorBase } from 'millrace/errors';
import type { DeliveryTerms, OutgoingRecord, ProducerPort, PublishResult } from 'millrace/pipeline';
import type { MemoryBroker } from './memory-broker';
import {
  MemoryAckLostError,
  MemoryBrokerDownError,
  MemoryClosedError,
  MemoryPublishAbortedError,
} from './testing.errors';
import { settlesWithin } from './turns';

export interface MemoryProducerParts {
  readonly broker: MemoryBroker;
  /** How long records wait for others; unit ms; 0 = until the next turn of the event loop. */
  readonly lingerMs: number;
  /** A call was answered by the broker. */
  readonly answered: () => void;
}

/** One call of `publish`: all its records are handed over together. */
interface Call {
  readonly records: readonly OutgoingRecord[];
  readonly bytes: number;
  isHandedOver: boolean;
  settle(results: readonly PublishResult[]): void;
}

/** Publishes to a {@link MemoryBroker}; calls of one linger interval make one request. */
export class MemoryProducer implements ProducerPort {
  private readonly queue = new Set<Call>();
  private readonly owed = new Set<Call>();
  private isClosed = false;
  private isScheduled = false;
  private requestCount = 0;
  private readonly stopWatching: () => void;

  constructor(private readonly parts: MemoryProducerParts) {
    this.stopWatching = parts.broker.faults.onRecovery(() => this.send());
  }

  /** Produce requests that the broker took. */
  get requests(): number {
    return this.requestCount;
  }

  async publish(
    records: readonly OutgoingRecord[],
    options: DeliveryTerms,
  ): Promise<readonly PublishResult[]> {
    if (records.length === 0) return [];
    if (this.isClosed) return failed(records, new MemoryClosedError());
    if (options.signal?.aborted === true) return failed(records, new MemoryPublishAbortedError());
    return new Promise((resolve) => this.accept(records, options, resolve));
  }

  buffered(): { readonly records: number; readonly bytes: number } {
    let records = 0;
    let bytes = 0;
    for (const call of this.owed) {
      records += call.records.length;
      bytes += call.bytes;
    }
    return { records, bytes };
  }

  async flush({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    this.send();
    const { clock, faults } = this.parts.broker;
    if (this.queue.size === 0) return;
    let stopWaiting = (): void => undefined;
    // Added after our own listener, so the queue is empty when it is called.
    const recovered = new Promise<void>((resolve) => {
      stopWaiting = faults.onRecovery(resolve);
    });
    await settlesWithin(clock, deadlineMs, recovered);
    stopWaiting();
  }

  async close({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.flush({ deadlineMs });
    this.giveUp();
  }

  /** Ends as a killed process does: what waits is gone. */
  kill(): void {
    this.isClosed = true;
    this.giveUp();
  }

  private giveUp(): void {
    this.stopWatching();
    for (const call of [...this.owed]) this.abandon(call, new MemoryClosedError());
  }

  private accept(
    records: readonly OutgoingRecord[],
    { deadlineMs, signal }: DeliveryTerms,
    resolve: (results: readonly PublishResult[]) => void,
  ): void {
    const nowMs = this.parts.broker.clock.now();
    const onAbort = (): void => this.abandon(call, new MemoryPublishAbortedError());
    const call: Call = {
      records: records.map((record) => ({ ...record, timestampMs: record.timestampMs ?? nowMs })),
      bytes: records.reduce((sum, { key, value }) => sum + sizeOf(key) + sizeOf(value), 0),
      isHandedOver: false,
      settle: (results) => {
        if (!this.owed.delete(call)) return;
        this.queue.delete(call);
        cancelDeadline();
        signal?.removeEventListener('abort', onAbort);
        resolve(results);
      },
    };
    const cancelDeadline = this.parts.broker.clock.setTimer(
      () => this.abandon(call, new MemoryBrokerDownError()),
      deadlineMs,
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    this.owed.add(call);
    this.queue.add(call);
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    const send = (): void => {
      this.isScheduled = false;
      this.send();
    };
    const { lingerMs, broker } = this.parts;
    if (lingerMs === 0) setImmediate(send);
    else broker.clock.setTimer(send, lingerMs);
  }

  /** Hands over everything that waits, as one request. */
  private send(): void {
    const { faults } = this.parts.broker;
    if (!faults.isBrokerUp || this.queue.size === 0) return;
    const calls = [...this.queue];
    this.queue.clear();
    this.requestCount += 1;
    const isAckLost = faults.takeAckLoss();
    for (const call of calls) {
      call.isHandedOver = true;
      const results = call.records.map((record) => this.append(record));
      if (!isAckLost) call.settle(results);
    }
    this.parts.answered();
  }

  private append({ topic, ...record }: OutgoingRecord): PublishResult {
    try {
      return { status: 'acked', ...this.parts.broker.append(topic, record) };
    } catch (error) {
      if (error instanceof MillraceErrorBase) return { status: 'failed', error };
      throw error;
    }
  }

  private abandon(call: Call, error: MillraceError): void {
    if (!call.isHandedOver) {
      call.settle(failed(call.records, error));
      return;
    }
    const unknown = { status: 'unknown', error: new MemoryAckLostError() } as const;
    call.settle(call.records.map(() => unknown));
  }
}

function failed(
  records: readonly OutgoingRecord[],
  error: MillraceError,
): readonly PublishResult[] {
  return records.map(() => ({ status: 'failed', error }));
}

function sizeOf(bytes: Buffer | null): number {
  return bytes?.length ?? 0;
}
