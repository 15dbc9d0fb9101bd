import { Metrics } from 'millrace/metrics';
import { DUPLICATE, FILTERED, STALE, STORED } from 'millrace/pipeline';
import { SinkMetrics } from './mongo.metrics';
import {
  SinkDocumentRejectedError,
  SinkUnavailableError,
  SinkWriteConflictError,
} from './sink.errors';

describe('the metrics of the sinks', () => {
  const results = [
    STORED,
    FILTERED,
    DUPLICATE,
    STALE,
    { error: new SinkUnavailableError() },
    { error: new SinkWriteConflictError() },
    { error: new SinkDocumentRejectedError() },
    { error: new TypeError('a bug of document(...)') },
  ];
  const labels = { pipeline: 'metals', sink: 'PriceSink' };

  it('count each result of the slice once, under one of four outcomes', async () => {
    const metrics = new Metrics();
    const sinks = new SinkMetrics(metrics);
    sinks.observe({ ...labels, results, from: 0, to: 8, seconds: 0.02 });
    sinks.observe({ ...labels, results, from: 0, to: 1, seconds: 0.02 });
    const writes = await metrics.registry.getSingleMetric('pipeline_sink_writes_total')?.get();
    expect(writes?.values.map(({ labels: { outcome }, value }) => [outcome, value])).toEqual([
      ['ok', 3],
      ['duplicate', 2],
      ['retry', 2],
      ['rejected', 2],
    ]);
  });

  it('observe duration and size of each slice', async () => {
    const metrics = new Metrics();
    new SinkMetrics(metrics).observe({ ...labels, results, from: 0, to: 8, seconds: 0.02 });
    const text = await metrics.registry.metrics();
    expect(text).toContain(
      'pipeline_sink_write_duration_seconds_bucket{le="0.025",pipeline="metals",sink="PriceSink"} 1',
    );
    expect(text).toContain('pipeline_sink_batch_records_sum{pipeline="metals",sink="PriceSink"} 8');
  });

  it('may be made twice over one registry', () => {
    const metrics = new Metrics();
    expect(() => [new SinkMetrics(metrics), new SinkMetrics(metrics)]).not.toThrow();
  });
});
