import { MillraceError } from 'millrace/errors';
import type { PipelineRecord, RecordResult, SinkPort } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { MAX_BULK_OPERATIONS } from './bulk-writer';
import { callError } from './mongo.translation';
import type { SinkMetrics } from './mongo.metrics';
import type { SliceWork, SliceWriter } from './slice-writer';

/** Name of the dependency; all sinks of this adapter share one gate. */
export const MONGO = 'mongo';

export interface SlicedSinkOptions {
  readonly writer: SliceWriter;
  readonly clock: Clock;
  /** Resolves when the primary can be written to. */
  readonly probe: () => Promise<void>;
  /** Records of one bulk; range 1-1000. Default 1 000. */
  readonly sliceRecords?: number;
  readonly metrics?: Pick<SinkMetrics, 'observe'>;
  /** Label of metrics. */
  readonly pipeline: string;
  /** Label of metrics; the name of the class. */
  readonly sink: string;
}

/**
 * Writes records in bulks of bounded size.
 *
 * Promises: one result per record, in order; never rejects because of the database: what is known
 * of earlier bulks is kept, and the rest gets the error.
 */
export class SlicedSink implements SinkPort {
  readonly name = MONGO;
  private readonly sliceRecords: number;

  constructor(private readonly options: SlicedSinkOptions) {
    this.sliceRecords = Math.min(options.sliceRecords ?? MAX_BULK_OPERATIONS, MAX_BULK_OPERATIONS);
  }

  async write(
    records: readonly PipelineRecord[],
    options: { readonly signal: AbortSignal; readonly deadlineMs: number },
  ): Promise<readonly RecordResult[]> {
    const { clock } = this.options;
    const bound = { signal: options.signal, endsAtMs: clock.monotonicMs() + options.deadlineMs };
    const work: SliceWork = { records, results: new Array<RecordResult>(records.length) };
    for (let from = 0; from < records.length; from += this.sliceRecords) {
      const to = Math.min(from + this.sliceRecords, records.length);
      const error = await this.writeSlice(work, from, to, bound);
      if (error === null) continue;
      fill(work, from, records.length, error);
      break;
    }
    return work.results;
  }

  async probe(): Promise<void> {
    await this.options.probe();
  }

  /** @returns what kept the whole slice from being written. */
  private async writeSlice(
    work: SliceWork,
    from: number,
    to: number,
    bound: { readonly signal: AbortSignal; readonly endsAtMs: number },
  ): Promise<unknown> {
    const { clock, writer, metrics, pipeline, sink } = this.options;
    const startedMs = clock.monotonicMs();
    let failure: unknown = null;
    try {
      await writer.write(work, range(from, to), bound);
    } catch (error) {
      failure = bound.signal.aborted || error instanceof MillraceError ? error : callError(error);
      fill(work, from, to, failure);
    }
    const seconds = (clock.monotonicMs() - startedMs) / 1_000;
    metrics?.observe({ pipeline, sink, results: work.results, from, to, seconds });
    return failure;
  }
}

function range(from: number, to: number): number[] {
  const positions = new Array<number>(to - from);
  for (let index = 0; index < positions.length; index += 1) positions[index] = from + index;
  return positions;
}

function fill(work: SliceWork, from: number, to: number, error: unknown): void {
  const result: RecordResult = Object.freeze({ error });
  for (let position = from; position < to; position += 1) work.results[position] = result;
}
