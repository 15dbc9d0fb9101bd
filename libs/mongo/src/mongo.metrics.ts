import { Injectable } from '@nestjs/common';
import { LATENCY_BUCKETS, Metrics } from 'millrace/metrics';
import type { RecordResult } from 'millrace/pipeline';
import { errorOf, isPermanent } from './slice-writer';

/** Labels of the writes of a sink; closed set. */
export const SINK_WRITE_OUTCOMES = ['ok', 'duplicate', 'retry', 'rejected'] as const;
export type SinkWriteOutcome = (typeof SINK_WRITE_OUTCOMES)[number];

/** Upper bounds of the records of one bulk. */
export const BATCH_RECORDS_BUCKETS: readonly number[] = Object.freeze([
  1, 10, 50, 100, 250, 500, 1000,
]);

/** What a sink tells about one slice. */
export interface SliceReport {
  readonly pipeline: string;
  readonly sink: string;
  readonly results: readonly RecordResult[];
  /** Positions of the slice in `results`: from, and before. */
  readonly from: number;
  readonly to: number;
  /** Unit s. */
  readonly seconds: number;
}

/** Metrics of the sinks of this adapter; called once per slice. */
@Injectable()
export class SinkMetrics {
  private readonly writes;
  private readonly duration;
  private readonly batch;

  constructor(metrics: Metrics) {
    this.writes = metrics.counter({
      name: 'pipeline_sink_writes_total',
      help: 'Documents by the answer of the sink.',
      labelNames: ['pipeline', 'sink', 'outcome'],
    });
    this.duration = metrics.histogram({
      name: 'pipeline_sink_write_duration_seconds',
      help: 'Duration of one bulk, repetitions within it included.',
      labelNames: ['pipeline', 'sink'],
      buckets: LATENCY_BUCKETS,
    });
    this.batch = metrics.histogram({
      name: 'pipeline_sink_batch_records',
      help: 'Records of one bulk.',
      labelNames: ['pipeline', 'sink'],
      buckets: BATCH_RECORDS_BUCKETS,
    });
  }

  observe({ pipeline, sink, results, from, to, seconds }: SliceReport): void {
    const counts: Record<SinkWriteOutcome, number> = { ok: 0, duplicate: 0, retry: 0, rejected: 0 };
    for (let position = from; position < to; position += 1) {
      counts[outcomeOf(results[position])] += 1;
    }
    for (const outcome of SINK_WRITE_OUTCOMES) {
      if (counts[outcome] > 0) this.writes.inc({ pipeline, sink, outcome }, counts[outcome]);
    }
    this.duration.observe({ pipeline, sink }, seconds);
    this.batch.observe({ pipeline, sink }, to - from);
  }
}

function outcomeOf(result: RecordResult | undefined): SinkWriteOutcome {
  if (result === undefined) return 'retry';
  if ('error' in result) return isPermanent(errorOf(result)) ? 'rejected' : 'retry';
  const { outcome } = result;
  switch (outcome) {
    case 'stored':
    case 'filtered':
      return 'ok';
    case 'duplicate':
    case 'stale':
      return 'duplicate';
    default:
      return outcome satisfies never;
  }
}
