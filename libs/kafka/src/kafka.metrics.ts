import type { Metrics } from 'millrace/metrics';
import { TlsMetrics } from 'millrace/tls';
import type { TlsStatus } from 'millrace/tls';
import type { GroupLag } from './kafka.lag';
import { REBALANCE_CAUSES } from './kafka.observer';
import type { KafkaObserver, RebalanceCause } from './kafka.observer';

/** Upper bounds for calls to a broker; unit s. */
export const BROKER_CALL_BUCKETS: readonly number[] = Object.freeze([
  0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]);

const GROUP = ['group'] as const;
const PARTITION = ['topic', 'partition', 'group'] as const;

/**
 * Counts what the driver does; names are a contract (docs/metrics.md).
 *
 * Nothing here is called per record.
 */
export class KafkaMetrics implements KafkaObserver {
  constructor(private readonly metrics: Metrics) {}

  watched(group: string): void {
    // A counter that is asked for its growth has to exist before it grows.
    for (const cause of REBALANCE_CAUSES) this.rebalances().inc({ group, cause }, 0);
    this.crashes().inc({ group }, 0);
  }

  rebalanced(group: string, cause: RebalanceCause): void {
    this.rebalances().inc({ group, cause });
  }

  heartbeat(group: string, durationMs: number): void {
    const help = 'Heartbeats to the coordinator of the group.';
    this.observe('pipeline_heartbeat_duration_seconds', help, group, durationMs);
  }

  fetched(group: string, durationMs: number): void {
    const help = 'Fetches, including the wait for records.';
    this.observe('pipeline_fetch_duration_seconds', help, group, durationMs);
  }

  committed(group: string, durationMs: number): void {
    const help = 'Commits that the coordinator accepted.';
    this.observe('pipeline_commit_duration_seconds', help, group, durationMs);
  }

  crashed(group: string): void {
    this.crashes().inc({ group });
  }

  contact(connected: boolean): void {
    this.metrics
      .gauge({
        name: 'pipeline_dependency_up',
        help: 'Whether the dependency answered last; never drives liveness.',
        labelNames: ['dependency'],
      })
      .set({ dependency: 'kafka' }, connected ? 1 : 0);
  }

  certificate(status: TlsStatus): void {
    new TlsMetrics(this.metrics).observe(status);
  }

  lag(group: string, { records, partitions }: GroupLag): void {
    const inRecords = this.metrics.gauge({
      name: 'pipeline_consumer_lag_records',
      help: 'Records that are not committed, by partition.',
      labelNames: PARTITION,
    });
    const inSeconds = this.metrics.gauge({
      name: 'pipeline_consumer_lag_seconds',
      help: 'Age of the oldest record that is not committed, by partition.',
      labelNames: PARTITION,
    });
    for (const { topic, partition, records: behind, ageMs } of partitions) {
      const labels = { topic, partition: String(partition), group };
      inRecords.set(labels, behind);
      inSeconds.set(labels, ageMs / 1_000);
    }
    this.metrics
      .gauge({
        name: 'pipeline_group_lag_records',
        help: 'Records that are not committed, of the whole group; every member reports the same.',
        labelNames: GROUP,
      })
      .set({ group }, records);
  }

  buffered(pipeline: string, records: number, capacity: number): void {
    this.metrics
      .gauge({
        name: 'pipeline_producer_buffer_records',
        help: 'Records that wait in the buffer of the publisher.',
        labelNames: ['pipeline'],
      })
      .set({ pipeline }, records);
    this.metrics
      .gauge({
        name: 'pipeline_producer_buffer_capacity_records',
        help: 'Records that fit into the buffer of the publisher.',
        labelNames: ['pipeline'],
      })
      .set({ pipeline }, capacity);
  }

  benignLog(): void {
    this.metrics
      .counter({
        name: 'pipeline_kafka_client_lowered_lines_total',
        help: 'Warnings and errors of the Kafka client that are part of normal work.',
      })
      .inc();
  }

  private observe(name: string, help: string, group: string, durationMs: number): void {
    this.metrics
      .histogram({ name, help, labelNames: GROUP, buckets: BROKER_CALL_BUCKETS })
      .observe({ group }, durationMs / 1_000);
  }

  private rebalances() {
    return this.metrics.counter({
      name: 'pipeline_rebalances_total',
      help: 'Changes of the membership, by cause.',
      labelNames: ['group', 'cause'],
    });
  }

  private crashes() {
    return this.metrics.counter({
      name: 'pipeline_consumer_crashes_total',
      help: 'Consumers of the client that died and were replaced.',
      labelNames: GROUP,
    });
  }
}
