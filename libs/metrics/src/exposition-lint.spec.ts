import { lintMetrics } from 'millrace/metrics';

const family = (name: string, type: string, sample = `${name} 1`) =>
  `# HELP ${name} Some help.\n# TYPE ${name} ${type}\n${sample}\n`;
const problemsOf = (text: string) => lintMetrics(text).map(({ problem }) => problem);

describe('lintMetrics', () => {
  it('is content with well-named metrics', () => {
    const text = [
      family(
        'pipeline_records_consumed_total',
        'counter',
        'pipeline_records_consumed_total{topic="a,b=\\"c"} 1',
      ),
      family('pipeline_in_flight_records', 'gauge'),
      family(
        'http_request_duration_seconds',
        'histogram',
        'http_request_duration_seconds_bucket{le="0.1",route="/x"} 1\nhttp_request_duration_seconds_bucket{le="+Inf",route="/x"} 1\n' +
          'http_request_duration_seconds_sum{route="/x"} 1\nhttp_request_duration_seconds_count{route="/x"} 1',
      ),
      family(
        'gc_seconds',
        'summary',
        'gc_seconds{quantile="0.5"} 1\ngc_seconds_sum 1\ngc_seconds_count 1',
      ),
    ].join('');
    expect(lintMetrics(text)).toEqual([]);
  });

  it.each([
    ['no help text', '# HELP x_records \n# TYPE x_records gauge\nx_records 1\n'],
    ['a counter must end in _total', family('records', 'counter')],
    ['only counters end in _total', family('x_total', 'gauge')],
    ['_bucket, _count and _sum belong to histograms', family('x_count', 'gauge')],
    ['no type in the name: gauge', family('lag_gauge', 'gauge')],
    ['use the base unit seconds instead of milliseconds', family('age_milliseconds', 'gauge')],
    ['use the base unit bytes instead of kilobytes', family('size_kilobytes', 'gauge')],
    ['no abbreviated unit in the name: ms', family('speed_ms', 'gauge')],
    ['colons are for recording rules', family('job:lag', 'gauge')],
    ['snake_case: lagRecords', family('lagRecords', 'gauge')],
    ['snake_case: topicName', family('lag', 'gauge', 'lag{topicName="a"} 1')],
    ['label le belongs to histograms', family('lag', 'gauge', 'lag{le="1"} 1')],
    ['label quantile belongs to summaries', family('lag', 'gauge', 'lag{quantile="1"} 1')],
    ['described twice', family('lag', 'gauge') + family('lag', 'gauge')],
    ['no type', '# HELP lag Some help.\nlag 1\n'],
  ])('finds: %s', (problem, text) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it('leaves out the names that belong to others', () => {
    const text = family('nodejs_active_handles_total', 'gauge');
    expect(lintMetrics(text, { ignore: /^nodejs_/ })).toEqual([]);
    expect(lintMetrics(text)).toHaveLength(1);
  });
});
