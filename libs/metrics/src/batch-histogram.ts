import type { Metric, Registry } from 'prom-client';
import type { HistogramDefinition } from './metrics';

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** Not cumulative; the last one is above every bound. */
  readonly counts: Float64Array;
  sum: number;
}

/**
 * A histogram for values that come by the hundred thousand per second.
 *
 * prom-client's own hashes the labels for every value; here they are looked up once per batch and a
 * value costs a few comparisons. On `/metrics` nobody can tell the two apart.
 */
export class BatchHistogram<Label extends string = string> {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  private readonly bounds: readonly number[];
  private readonly series = new Map<string, Series>();

  constructor(
    private readonly definition: HistogramDefinition<Label>,
    registry: Registry,
  ) {
    this.name = definition.name;
    this.help = definition.help;
    this.bounds = [...definition.buckets];
    registry.registerMetric(this as unknown as Metric);
  }

  /**
   * Gives the series of one set of labels, for many values in a row.
   *
   * @returns a function that adds one value; keep it as long as you like.
   */
  observerOf(labels: Readonly<Record<Label, string>>): (value: number) => void {
    const series = this.find(labels);
    const { bounds } = this;
    return function observe(value) {
      let bucket = 0;
      while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket += 1;
      series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
      series.sum += value;
    };
  }

  /** What the registry asks for at a scrape. */
  get(): Promise<unknown> {
    const values = [...this.series.values()].flatMap((series) => this.valuesOf(series));
    const { name, help, type, aggregator } = this;
    return Promise.resolve({ name, help, type, aggregator, values });
  }

  reset(): void {
    this.series.clear();
  }

  private valuesOf({ labels, counts, sum }: Series) {
    let count = 0;
    const buckets = Array.from(counts, (own, index) => {
      count += own;
      const le = this.bounds[index] ?? '+Inf';
      return { labels: { ...labels, le }, value: count, metricName: `${this.name}_bucket` };
    });
    return [
      ...buckets,
      { labels, value: sum, metricName: `${this.name}_sum` },
      { labels, value: count, metricName: `${this.name}_count` },
    ];
  }

  private find(labels: Readonly<Record<Label, string>>): Series {
    const key = JSON.stringify((this.definition.labelNames ?? []).map((name) => labels[name]));
    const known = this.series.get(key);
    if (known !== undefined) return known;
    const counts = new Float64Array(this.bounds.length + 1);
    const series: Series = { labels: { ...labels }, counts, sum: 0 };
    this.series.set(key, series);
    return series;
  }
}
