import { EVENT_AGE_BUCKETS, LATENCY_BUCKETS } from 'millrace/metrics';
import type { Metrics } from 'millrace/metrics';
import { DEAD_LETTER_REASONS } from './failures/dead-letter.headers';
import { OUTCOMES } from './records/outcome';

const ROUTE = ['pipeline', 'topic', 'group'] as const;

/** Label values of outcomes and reasons use `_`, as Prometheus names do. */
export function labelOf(value: string): string {
  return value.replaceAll('-', '_');
}

const flowMetrics = (metrics: Metrics) => ({
  consumed: metrics.counter({
    name: 'pipeline_records_consumed_total',
    help: 'Records taken from Kafka.',
    labelNames: ROUTE,
  }),
  processed: metrics.counter({
    name: 'pipeline_records_processed_total',
    help: 'Records finished, by outcome.',
    labelNames: [...ROUTE, 'outcome'],
  }),
  handlerSeconds: metrics.batchHistogram({
    name: 'pipeline_handler_duration_seconds',
    help: 'One call of a handler or sink.',
    labelNames: ['pipeline', 'outcome'],
    buckets: LATENCY_BUCKETS,
  }),
  eventAgeSeconds: metrics.batchHistogram({
    name: 'pipeline_event_age_seconds',
    help: 'Time from the publish of a record until it is stored.',
    labelNames: ['pipeline'],
    buckets: EVENT_AGE_BUCKETS,
  }),
  inFlight: metrics.gauge({
    name: 'pipeline_in_flight_records',
    help: 'Records taken from Kafka and not finished.',
    labelNames: ['pipeline'],
  }),
  maxInFlight: metrics.gauge({
    name: 'pipeline_max_in_flight_records',
    help: 'Limit of records in flight per partition.',
    labelNames: ['pipeline'],
  }),
  retries: metrics.counter({
    name: 'pipeline_retries_total',
    help: 'Attempts after the first.',
    labelNames: ['pipeline', 'reason', 'place'],
  }),
});

const handlingMetrics = (metrics: Metrics) => ({
  handlerTimeouts: metrics.counter({
    name: 'pipeline_handler_timeouts_total',
    help: 'Calls of a handler whose signal fired because they took too long.',
    labelNames: ['pipeline'],
  }),
  lateResults: metrics.counter({
    name: 'pipeline_late_results_total',
    help: 'Answers of calls that were given up before; ignored.',
    labelNames: ['pipeline'],
  }),
});

const concurrencyMetrics = (metrics: Metrics) => ({
  concurrencyLimit: metrics.gauge({
    name: 'pipeline_concurrency_limit',
    help: 'Calls that may run at once now, where their latency decides (adaptiveConcurrency).',
    labelNames: ['pipeline', 'group'],
  }),
});

const supervisionMetrics = (metrics: Metrics) => ({
  lineStops: metrics.counter({
    name: 'pipeline_line_stops_total',
    help: 'Times a handler stopped itself before too many dead letters.',
    labelNames: ['pipeline'],
  }),
  rebuilds: metrics.counter({
    name: 'pipeline_consumer_rebuilds_total',
    help: 'Clients that were thrown away because they made no progress.',
    labelNames: ['group'],
  }),
});

const failureMetrics = (metrics: Metrics) => ({
  deadLetters: metrics.counter({
    name: 'pipeline_dead_letters_total',
    help: 'Records acknowledged by the dead letter topic.',
    labelNames: ['pipeline', 'topic', 'reason'],
  }),
  deadLetterFailures: metrics.counter({
    name: 'pipeline_dead_letter_publish_failures_total',
    help: 'Times the dead letter topic refused; nothing was committed past it.',
    labelNames: ['pipeline'],
  }),
  gaps: metrics.counter({
    name: 'pipeline_offset_gap_records_total',
    help: 'Records that retention deleted before they were read.',
    labelNames: ['pipeline', 'topic'],
  }),
  staleCommits: metrics.counter({
    name: 'pipeline_stale_commits_total',
    help: 'Commits dropped because their assignment was over.',
    labelNames: ['group'],
  }),
  loweredOffsets: metrics.counter({
    name: 'pipeline_lowered_offsets_total',
    help: 'Finished offsets below what was finished already; dropped, never committed.',
    labelNames: ['group'],
  }),
  gateClosings: metrics.counter({
    name: 'pipeline_gate_closings_total',
    help: 'Times the gate of a dependency closed; many in a short time is flapping.',
    labelNames: ['dependency'],
  }),
  circuit: metrics.gauge({
    name: 'pipeline_circuit_state',
    help: 'Gate of a dependency: 0 records flow, 1 in small slices, 2 records wait.',
    labelNames: ['pipeline', 'dependency'],
  }),
});

const stateMetrics = (metrics: Metrics) => ({
  assigned: metrics.gauge({
    name: 'pipeline_assigned_partitions',
    help: 'Partitions held by this member.',
    labelNames: ['group'],
  }),
  paused: metrics.gauge({
    name: 'pipeline_partition_paused',
    help: '1 while a partition is paused for this reason.',
    labelNames: ['pipeline', 'topic', 'partition', 'reason'],
  }),
  lastProgress: metrics.gauge({
    name: 'pipeline_last_progress_timestamp_seconds',
    help: 'Time of the last finished record.',
    labelNames: ['pipeline'],
  }),
  build: metrics.gauge({
    name: 'pipeline_build_info',
    help: 'What runs; always 1.',
    labelNames: ['version', 'commit', 'node_version'],
  }),
  lifecycle: metrics.gauge({
    name: 'pipeline_lifecycle_state',
    help: '1 for the state of now.',
    labelNames: ['state'],
  }),
});

const publishMetrics = (metrics: Metrics) => ({
  produced: metrics.counter({
    name: 'pipeline_records_produced_total',
    help: 'Records by acknowledgement.',
    labelNames: ['pipeline', 'topic', 'outcome'],
  }),
  produceSeconds: metrics.histogram({
    name: 'pipeline_produce_duration_seconds',
    help: 'Publish until the acknowledgement of all in-sync replicas.',
    labelNames: ['pipeline'],
    buckets: LATENCY_BUCKETS,
  }),
});

/** The metrics of the delivery core. */
export type PipelineMetrics = ReturnType<typeof flowMetrics> &
  ReturnType<typeof handlingMetrics> &
  ReturnType<typeof concurrencyMetrics> &
  ReturnType<typeof supervisionMetrics> &
  ReturnType<typeof failureMetrics> &
  ReturnType<typeof stateMetrics> &
  ReturnType<typeof publishMetrics>;

/** Declares the metrics of the delivery core. Names and label sets are frozen by a test. */
export function pipelineMetrics(metrics: Metrics): PipelineMetrics {
  return {
    ...flowMetrics(metrics),
    ...handlingMetrics(metrics),
    ...concurrencyMetrics(metrics),
    ...supervisionMetrics(metrics),
    ...failureMetrics(metrics),
    ...stateMetrics(metrics),
    ...publishMetrics(metrics),
  };
}

/** Creates the counters that alerts watch with increase(), whose first step is invisible otherwise. */
export function startAtZero(
  metrics: PipelineMetrics,
  route: { readonly pipeline: string; readonly topic: string; readonly group: string },
): void {
  const { pipeline, topic } = route;
  metrics.consumed.inc(route, 0);
  for (const outcome of OUTCOMES) metrics.processed.inc({ ...route, outcome: labelOf(outcome) }, 0);
  for (const reason of DEAD_LETTER_REASONS) {
    metrics.deadLetters.inc({ pipeline, topic, reason: labelOf(reason) }, 0);
  }
  metrics.deadLetterFailures.inc({ pipeline }, 0);
  metrics.gaps.inc({ pipeline, topic }, 0);
  metrics.handlerTimeouts.inc({ pipeline }, 0);
  metrics.lateResults.inc({ pipeline }, 0);
  metrics.lineStops.inc({ pipeline }, 0);
  metrics.rebuilds.inc({ group: route.group }, 0);
}
