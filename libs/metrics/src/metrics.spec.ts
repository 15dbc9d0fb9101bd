import { register, Registry } from 'prom-client';
import { EVENT_AGE_BUCKETS, lintMetrics, Metrics, MetricsConflictError } from 'millrace/metrics';

const consumed = {
  name: 'pipeline_records_consumed_total',
  help: 'Records taken from Kafka.',
  labelNames: ['topic', 'group'],
} as const;

describe('Metrics', () => {
  it('gives the same object for the same definition', () => {
    const metrics = new Metrics();
    expect(metrics.counter(consumed)).toBe(metrics.counter(consumed));
    expect(metrics.counter({ ...consumed, labelNames: ['group', 'topic'] })).toBe(
      metrics.counter(consumed),
    );
    const latency = { name: 'x_seconds', help: 'x', buckets: [1, 2] };
    expect(metrics.histogram(latency)).toBe(metrics.histogram(latency));
    const state = { name: 'x_state', help: 'x' };
    expect(metrics.gauge(state)).toBe(metrics.gauge(state));
  });

  it.each([
    ['another type', (metrics: Metrics) => metrics.gauge(consumed)],
    ['other labels', (metrics: Metrics) => metrics.counter({ ...consumed, labelNames: ['topic'] })],
  ])('refuses the same name with %s', (_what, again) => {
    const metrics = new Metrics();
    metrics.counter(consumed);
    expect(() => again(metrics)).toThrow(MetricsConflictError);
    expect(() => again(metrics)).toThrow('pipeline_records_consumed_total');
  });

  it('refuses the same histogram with other buckets', () => {
    const metrics = new Metrics();
    metrics.histogram({ name: 'x_seconds', help: 'x', buckets: [1, 2] });
    expect(() => metrics.histogram({ name: 'x_seconds', help: 'x', buckets: [1] })).toThrow(
      MetricsConflictError,
    );
  });

  it('writes into a given registry and never into the global one of prom-client', async () => {
    const registry = new Registry();
    new Metrics(registry).counter(consumed).inc({ topic: 't', group: 'g' }, 3);
    expect(await registry.metrics()).toContain(
      'pipeline_records_consumed_total{topic="t",group="g"} 3',
    );
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  it('passes the rules of promtool', async () => {
    const metrics = new Metrics();
    metrics.counter(consumed).inc({ topic: 't', group: 'g' });
    metrics.closedLabel('m', ['a'], 'b');
    metrics
      .histogram({ name: 'pipeline_event_age_seconds', help: 'Age.', buckets: EVENT_AGE_BUCKETS })
      .observe(3);
    expect(lintMetrics(await metrics.registry.metrics())).toEqual([]);
  });
});

describe('closedLabel', () => {
  const outcomes = ['stored', 'duplicate'] as const;

  it('passes a value of the closed set', () => {
    const label: 'stored' | 'duplicate' | 'other' = new Metrics().closedLabel(
      'm',
      outcomes,
      'stored',
    );
    expect(label).toBe('stored');
  });

  it('turns 100 000 different values into one series and counts them [S15]', async () => {
    const metrics = new Metrics();
    const labels = new Set<string>();
    for (let value = 0; value < 100_000; value += 1) {
      labels.add(metrics.closedLabel('m_total', outcomes, `value-${value}`));
    }
    expect([...labels]).toEqual(['other']);
    const text = await metrics.registry.metrics();
    expect(text.split('\n').filter((line) => line.startsWith('pipeline_label'))).toEqual([
      'pipeline_label_overflow_total{metric="m_total"} 100000',
    ]);
  });
});

describe('EVENT_AGE_BUCKETS', () => {
  it('hold the freshness goal of 10 s', () => {
    expect(EVENT_AGE_BUCKETS).toContain(10);
  });
});
