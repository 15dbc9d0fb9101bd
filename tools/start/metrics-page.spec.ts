import { runModule } from '../engines/module-process';

const page = (counts: readonly number[]) =>
  [
    '# HELP age_seconds How old.',
    '# TYPE age_seconds histogram',
    ...[0.1, 0.5, 1].map(
      (le, index) => `age_seconds_bucket{le="${le}",group="a"} ${counts[index]}`,
    ),
    `age_seconds_bucket{le="+Inf",group="a"} ${counts[3]}`,
    'age_seconds_bucket{le="+Inf",group="other"} 999',
    'processed_total{outcome="stored",topic="say \\"hi\\", {x}"} 4',
    'processed_total{outcome="stored",topic="b"} 3 1700000000000',
    'processed_total{outcome="duplicate",topic="b"} 1e2',
    'lag -0',
    '',
  ].join('\n');

const quantile = (before: readonly number[], after: readonly number[]) =>
  runModule<number | null>(`
    const { quantileOf, readMetrics } = await import('./tools/start/metrics-page.mjs');
    const [before, after] = ${JSON.stringify([page(before), page(after)])}.map(readMetrics);
    return quantileOf({ before, after, name: 'age_seconds', labels: { group: 'a' }, quantile: 0.95 }) ?? null;
  `);

describe('the reading of a metrics page', () => {
  it('adds up the samples whose labels match', () => {
    const sums = runModule(`
      const { readMetrics, sumOf } = await import('./tools/start/metrics-page.mjs');
      const samples = readMetrics(${JSON.stringify(page([0, 0, 0, 0]))});
      const sum = (labels) => sumOf(samples, 'processed_total', labels);
      return [sum({ outcome: 'stored' }), sum({ outcome: 'duplicate' }), sum(), sum({ outcome: 'none' }), sumOf(samples, 'absent')];
    `);
    expect(sums).toEqual([7, 100, 107, 0, 0]);
  });

  it('takes the quantile of what was observed in between, by linear interpolation', () => {
    // 100 new observations: 50 up to 0.1 s, 40 more up to 0.5 s, 10 more up to 1 s; the 95th is half way.
    expect(quantile([1000, 1000, 1000, 1000], [1050, 1090, 1100, 1100])).toBeCloseTo(0.75);
  });

  it('answers the last bound for what lies above it, and nothing when nothing was observed', () => {
    expect(quantile([0, 0, 0, 0], [0, 0, 10, 100])).toBe(1);
    expect(quantile([5, 5, 5, 5], [5, 5, 5, 5])).toBeNull();
  });
});
