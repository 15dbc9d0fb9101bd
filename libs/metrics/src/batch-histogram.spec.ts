import { Histogram, Registry } from 'prom-client';
import { Metrics } from './metrics';

const DEFINITION = {
  name: 'sample_age_seconds',
  help: 'Ages.',
  labelNames: ['pipeline'],
  buckets: [0.1, 1, 10],
} as const;

describe('BatchHistogram', () => {
  it('writes exactly what the histogram of prom-client writes', async () => {
    const values = [0, 0.05, 0.1, 0.100_001, 1, 5, 10, 11, 3_600];
    const metrics = new Metrics();
    const observe = metrics.batchHistogram(DEFINITION).observerOf({ pipeline: 'metals' });
    values.forEach(observe);
    const registry = new Registry();
    const { labelNames, buckets, name, help } = DEFINITION;
    const oracle = new Histogram({
      name,
      help,
      labelNames: [...labelNames],
      buckets: [...buckets],
      registers: [registry],
    });
    values.forEach((value) => oracle.observe({ pipeline: 'metals' }, value));
    const lines = (text: string) => text.trim().split('\n').map(sortLabels).sort();
    expect(lines(await metrics.registry.metrics())).toEqual(lines(await registry.metrics()));
  });

  it('is one object per definition and keeps the series of labels apart', async () => {
    const metrics = new Metrics();
    const histogram = metrics.batchHistogram(DEFINITION);
    expect(metrics.batchHistogram(DEFINITION)).toBe(histogram);
    histogram.observerOf({ pipeline: 'a' })(2);
    histogram.observerOf({ pipeline: 'b' })(3);
    histogram.observerOf({ pipeline: 'a' })(4);
    const text = await metrics.registry.metrics();
    expect(text).toContain('sample_age_seconds_sum{pipeline="a"} 6');
    expect(text).toContain('sample_age_seconds_count{pipeline="b"} 1');
  });
});

/** The order of labels means nothing. */
function sortLabels(line: string): string {
  return line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(',').sort().join(',')}}`);
}
