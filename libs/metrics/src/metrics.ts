import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Metric } from 'prom-client';
import { BatchHistogram } from './batch-histogram';
import { MetricsConflictError } from './metrics.errors';

/** Describes a counter or a gauge. */
export interface MetricDefinition<Label extends string = string> {
  /** `pipeline_<thing>_<unit>[_total]`, base units; example `pipeline_records_consumed_total`. */
  readonly name: string;
  readonly help: string;
  /** Default: none. Values must come from a closed set, see {@link Metrics.closedLabel}. */
  readonly labelNames?: readonly Label[];
}

/** Describes a histogram. */
export interface HistogramDefinition<
  Label extends string = string,
> extends MetricDefinition<Label> {
  /** Upper bounds, rising; base units. */
  readonly buckets: readonly number[];
}

/** Upper bounds for handlers, sinks, publishes and HTTP; unit s. */
export const LATENCY_BUCKETS: readonly number[] = Object.freeze([
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]);

/** Upper bounds for the age of an event when it is stored; unit s; holds 10, the freshness goal. */
export const EVENT_AGE_BUCKETS: readonly number[] = Object.freeze([
  0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600,
]);

/** Stands for every label value that is not of the closed set. */
export const OTHER_LABEL = 'other';

const OVERFLOW = {
  name: 'pipeline_label_overflow_total',
  help: 'Label values outside of the closed set of their metric, replaced by "other".',
  labelNames: ['metric'],
} as const;

/**
 * Makes metrics in one registry of its own.
 *
 * Promises: asking twice for the same definition gives the same object; asking for another
 * definition under the same name is refused; prom-client's global registry is never touched.
 */
export class Metrics {
  /** What each metric was made from: prom-client does not tell. */
  private readonly shapes = new Map<string, string>();

  /** @param registry - default: a new one. */
  constructor(readonly registry: Registry = new Registry()) {}

  /** @throws {MetricsConflictError} METRICS_CONFLICT */
  counter<Label extends string = never>(definition: MetricDefinition<Label>): Counter<Label> {
    return this.getOrCreate('counter', definition, () => new Counter(this.configOf(definition)));
  }

  /** @throws {MetricsConflictError} METRICS_CONFLICT */
  gauge<Label extends string = never>(definition: MetricDefinition<Label>): Gauge<Label> {
    return this.getOrCreate('gauge', definition, () => new Gauge(this.configOf(definition)));
  }

  /** @throws {MetricsConflictError} METRICS_CONFLICT */
  histogram<Label extends string = never>(
    definition: HistogramDefinition<Label>,
  ): Histogram<Label> {
    const buckets = [...definition.buckets];
    return this.getOrCreate(
      `histogram ${buckets.join(' ')}`,
      definition,
      () => new Histogram({ ...this.configOf(definition), buckets }),
    );
  }

  /**
   * The same as {@link histogram}, for values that are observed many at a time.
   *
   * @throws {MetricsConflictError} METRICS_CONFLICT
   */
  batchHistogram<Label extends string = never>(
    definition: HistogramDefinition<Label>,
  ): BatchHistogram<Label> {
    const kind = `histogram of batches ${definition.buckets.join(' ')}`;
    return this.getOrCreate(kind, definition, () => new BatchHistogram(definition, this.registry));
  }

  /**
   * Keeps a label to its closed set, so that a hostile or unforeseen value cannot make series.
   *
   * @param metric - name of the metric that gets the label.
   * @param allowed - the closed set.
   * @returns the value, or `other` after `pipeline_label_overflow_total{metric}` was counted.
   */
  closedLabel<const Value extends string>(
    metric: string,
    allowed: readonly Value[],
    value: string,
  ): Value | typeof OTHER_LABEL {
    const known = allowed.find((candidate) => candidate === value);
    if (known !== undefined) return known;
    this.counter(OVERFLOW).inc({ metric });
    return OTHER_LABEL;
  }

  private configOf<Label extends string>({ name, help, labelNames = [] }: MetricDefinition<Label>) {
    return { name, help, labelNames: [...labelNames], registers: [this.registry] };
  }

  private getOrCreate<Label extends string, M extends Metric<Label> | BatchHistogram<Label>>(
    kind: string,
    { name, labelNames = [] }: MetricDefinition<Label>,
    create: () => M,
  ): M {
    const shape = `${kind} {${[...labelNames].sort().join(',')}}`;
    const existing: unknown = this.registry.getSingleMetric(name);
    if (existing === undefined) {
      const metric = create();
      this.shapes.set(name, shape);
      return metric;
    }
    if (this.shapes.get(name) === shape) return existing as M;
    throw new MetricsConflictError({
      message: `metric "${name}" exists as ${this.shapes.get(name) ?? 'a metric of another owner'} and is asked for as ${shape}`,
      facts: { metric: name },
    });
  }
}
