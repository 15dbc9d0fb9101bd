export { MetricsModule } from './metrics.module';
export { METRICS_DEFAULTS } from './metrics.options';
export type { MetricsOptions } from './metrics.options';
export { EVENT_AGE_BUCKETS, LATENCY_BUCKETS, Metrics, OTHER_LABEL } from './metrics';
export type { HistogramDefinition, MetricDefinition } from './metrics';
export { BatchHistogram } from './batch-histogram';
export { MetricsListener } from './metrics-listener';
export { lintMetrics } from './exposition-lint';
export type { MetricProblem } from './exposition-lint';
export {
  METRICS_ERRORS,
  MetricsConflictError,
  MetricsPortUnavailableError,
} from './metrics.errors';
