import { Inject, Injectable } from '@nestjs/common';
import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { LATENCY_BUCKETS, Metrics } from 'millrace/metrics';
import { KAFKA_DRIVER, PipelineEvents } from 'millrace/pipeline';
import type { KafkaDriver, SliceFinished } from 'millrace/pipeline';
import { METALS_GROUPS } from './metals.groups';

/**
 * Metrics of the metals pipeline in the processor, by the names that its dashboards know.
 *
 * They count the group `metals-processor` alone: the other groups read the same records again.
 */
@Injectable()
export class MetalsMetrics implements OnModuleInit, OnModuleDestroy {
  private readonly processed;
  private readonly seconds;
  private readonly lag;
  private stopListening: () => void = () => undefined;

  constructor(
    metrics: Metrics,
    private readonly events: PipelineEvents,
    @Inject(KAFKA_DRIVER) private readonly driver: Pick<KafkaDriver, 'lagOf'>,
  ) {
    this.processed = metrics.counter({
      name: 'metals_messages_processed_total',
      help: 'Prices that are in the database, those that were there already included.',
    });
    this.seconds = metrics.histogram({
      name: 'metals_processing_seconds',
      help: 'Time to finish a slice of prices.',
      buckets: LATENCY_BUCKETS,
    });
    this.lag = metrics.gauge({
      name: 'metals_kafka_consumer_lag',
      help: 'Lag of the whole group, in records; the same from every replica: use max(). NaN = not read yet.',
    });
    // Read at the scrape; the driver asks the brokers every 10 s.
    Object.assign(this.lag, { collect: () => this.readLag() });
  }

  onModuleInit(): void {
    this.stopListening = this.events.on('finished', (slice) => this.count(slice));
  }

  onModuleDestroy(): void {
    this.stopListening();
  }

  private count({ groupId, outcomes, durationSeconds }: SliceFinished): void {
    if (groupId !== METALS_GROUPS.prices) return;
    const done = (outcomes.stored ?? 0) + (outcomes.duplicate ?? 0);
    this.processed.inc(done);
    if (done > 0) this.seconds.observe(durationSeconds);
  }

  private readLag(): void {
    this.lag.set(this.driver.lagOf(METALS_GROUPS.prices) ?? Number.NaN);
  }
}
