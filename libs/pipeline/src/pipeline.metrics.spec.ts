import { Metrics } from 'millrace/metrics';
import { pipelineMetrics, startAtZero } from './pipeline.metrics';

interface MetricDefinition {
  readonly name: string;
  readonly labelNames?: readonly string[];
}

describe('pipelineMetrics', () => {
  it('[OBS-01] has these names and label sets, and no other', () => {
    const metrics = new Metrics();
    const list: string[] = [];
    for (const kind of ['counter', 'gauge', 'histogram', 'batchHistogram'] as const) {
      const make = metrics[kind].bind(metrics) as (definition: MetricDefinition) => never;
      jest.spyOn(metrics, kind).mockImplementation((definition: MetricDefinition) => {
        list.push(`${definition.name}{${(definition.labelNames ?? []).join(',')}}`);
        return make(definition);
      });
    }
    pipelineMetrics(metrics);
    expect(list.sort()).toEqual([
      'pipeline_assigned_partitions{group}',
      'pipeline_build_info{version,commit,node_version}',
      'pipeline_circuit_state{pipeline,dependency}',
      'pipeline_concurrency_limit{pipeline,group}',
      'pipeline_consumer_rebuilds_total{group}',
      'pipeline_dead_letter_publish_failures_total{pipeline}',
      'pipeline_dead_letters_total{pipeline,topic,reason}',
      'pipeline_event_age_seconds{pipeline}',
      'pipeline_gate_closings_total{dependency}',
      'pipeline_handler_duration_seconds{pipeline,outcome}',
      'pipeline_handler_timeouts_total{pipeline}',
      'pipeline_in_flight_records{pipeline}',
      'pipeline_last_progress_timestamp_seconds{pipeline}',
      'pipeline_late_results_total{pipeline}',
      'pipeline_lifecycle_state{state}',
      'pipeline_line_stops_total{pipeline}',
      'pipeline_lowered_offsets_total{group}',
      'pipeline_max_in_flight_records{pipeline}',
      'pipeline_offset_gap_records_total{pipeline,topic}',
      'pipeline_partition_paused{pipeline,topic,partition,reason}',
      'pipeline_produce_duration_seconds{pipeline}',
      'pipeline_records_consumed_total{pipeline,topic,group}',
      'pipeline_records_processed_total{pipeline,topic,group,outcome}',
      'pipeline_records_produced_total{pipeline,topic,outcome}',
      'pipeline_retries_total{pipeline,reason,place}',
      'pipeline_stale_commits_total{group}',
    ]);
  });

  it('starts what alerts watch at zero', async () => {
    const metrics = new Metrics();
    startAtZero(pipelineMetrics(metrics), { pipeline: 'lab', topic: 'readings', group: 'g' });
    const text = await metrics.registry.metrics();
    const labels = 'pipeline="lab",topic="readings"';
    expect(text).toContain(
      `pipeline_records_processed_total{${labels},group="g",outcome="dead_letter"} 0`,
    );
    expect(text).toContain(`pipeline_dead_letters_total{${labels},reason="contract_unknown"} 0`);
    expect(text).toContain('pipeline_dead_letter_publish_failures_total{pipeline="lab"} 0');
  });
});
