import type {
  FetchedBatch,
  Offset,
  ReaderPort,
  ReadLimits,
  TopicPartition,
} from 'millrace/pipeline';
import { fetchSlice } from './broker/fetch-slice';
import type { MemoryBroker } from './memory-broker';
import { MemoryClosedError } from './testing.errors';
import { nextTurn, settlesWithin } from './turns';

export interface MemoryReaderParts {
  readonly broker: MemoryBroker;
  /** Most records of one answer; unit records. */
  readonly maxRecords: number;
  readonly isClosed: () => boolean;
  /** A call was answered by the broker. */
  readonly answered: () => void;
}

/** Reads the logs of a {@link MemoryBroker} without a group. */
export class MemoryReader implements ReaderPort {
  private isClosed = false;

  constructor(private readonly parts: MemoryReaderParts) {}

  async read(
    from: TopicPartition & { readonly offset: Offset },
    limits: ReadLimits,
  ): Promise<FetchedBatch> {
    const { clock } = this.parts.broker;
    const givesUpAtMs = clock.monotonicMs() + limits.maxWaitMs;
    for (;;) {
      // Asked for before the look: nothing that comes in between is missed.
      const change = this.nextChange();
      try {
        const batch = await this.look(from, limits);
        const leftMs = givesUpAtMs - clock.monotonicMs();
        if (batch.records.length > 0 || leftMs <= 0) return batch;
        await this.wait(change.happened, leftMs, limits.signal);
      } finally {
        change.forget();
      }
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.parts.broker.changed();
  }

  private async look(
    { topic, partition, offset }: TopicPartition & { readonly offset: Offset },
    { maxBytes, signal }: ReadLimits,
  ): Promise<FetchedBatch> {
    const { broker, maxRecords, isClosed, answered } = this.parts;
    await nextTurn();
    signal?.throwIfAborted();
    if (this.isClosed || isClosed()) throw new MemoryClosedError();
    broker.faults.assertUp();
    const target = { topic, partition };
    const log = broker.topic(topic).partition(partition);
    answered();
    const first = offset < log.earliest ? log.earliest : offset;
    const slice = fetchSlice(log, target, first, { maxBytes, maxRecords });
    const found = slice ?? { records: [], nextOffset: first, bytes: 0 };
    return { ...target, ...found, highWatermark: log.end };
  }

  private nextChange(): { readonly happened: Promise<void>; readonly forget: () => void } {
    let forget = (): void => undefined;
    const happened = new Promise<void>((resolve) => {
      forget = this.parts.broker.onChange(resolve);
    });
    return { happened, forget };
  }

  private async wait(happened: Promise<void>, leftMs: number, signal?: AbortSignal): Promise<void> {
    let abort = (): void => undefined;
    const aborted = new Promise<void>((resolve) => (abort = resolve));
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const first = Promise.race([happened, aborted]);
      await settlesWithin(this.parts.broker.clock, leftMs, first);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }
}
