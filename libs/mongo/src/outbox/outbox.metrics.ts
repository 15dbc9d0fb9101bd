import type { Metrics } from 'millrace/metrics';
import type { OutboxCounts } from './outbox.store';

/** Why an event of the outbox is not in Kafka; closed set. `retry`: it is tried again. */
export const OUTBOX_FAILURES = ['retry', 'refused', 'database'] as const;
export type OutboxFailure = (typeof OUTBOX_FAILURES)[number];

/** Metrics of the outbox; only the process that relays tells how much is pending. */
export class OutboxMetrics {
  private readonly pending;
  private readonly refused;
  private readonly oldestAge;
  private readonly relaying;
  private readonly published;
  private readonly failures;

  constructor(metrics: Metrics) {
    this.pending = metrics.gauge({
      name: 'pipeline_outbox_pending_records',
      help: 'Committed events that are not in Kafka yet, as the relay counted last.',
    });
    this.refused = metrics.gauge({
      name: 'pipeline_outbox_refused_records',
      help: 'Events that Kafka will never take; a person has to look at them.',
    });
    this.oldestAge = metrics.gauge({
      name: 'pipeline_outbox_oldest_age_seconds',
      help: 'Age of the oldest event that is not in Kafka yet; 0 when there is none.',
    });
    this.relaying = metrics.gauge({
      name: 'pipeline_outbox_relaying',
      help: '1 in the process that publishes what is in the outbox.',
    });
    this.published = metrics.counter({
      name: 'pipeline_outbox_published_total',
      help: 'Events of the outbox that Kafka has acknowledged.',
      labelNames: ['topic'],
    });
    this.failures = metrics.counter({
      name: 'pipeline_outbox_failures_total',
      help: 'Events, or calls of the database, that failed, by what becomes of them.',
      labelNames: ['reason'],
    });
    for (const reason of OUTBOX_FAILURES) this.failures.inc({ reason }, 0);
    this.standBy();
  }

  acknowledged(topics: Iterable<string>): void {
    for (const topic of topics) this.published.inc({ topic });
  }

  failed(reason: OutboxFailure, count = 1): void {
    this.failures.inc({ reason }, count);
  }

  counted({ pending, refused, oldestAt }: OutboxCounts, nowMs: number): void {
    this.relaying.set(1);
    this.pending.set(pending);
    this.refused.set(refused);
    this.oldestAge.set(oldestAt === null ? 0 : Math.max(0, nowMs - oldestAt.getTime()) / 1_000);
  }

  /** Another process counts. */
  standBy(): void {
    for (const gauge of [this.relaying, this.pending, this.refused, this.oldestAge]) gauge.set(0);
  }
}
