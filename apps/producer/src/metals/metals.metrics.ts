import { Injectable } from '@nestjs/common';
import { METALS } from 'millrace/events';
import type { Metal } from 'millrace/events';
import { Metrics } from 'millrace/metrics';

/** Metrics of the metals pipeline in the producer, by the names that its dashboards know. */
@Injectable()
export class MetalsMetrics {
  private readonly sent;
  private readonly price;

  constructor(metrics: Metrics) {
    this.sent = metrics.counter({
      name: 'metals_messages_sent_total',
      help: 'Prices acknowledged by Kafka.',
      labelNames: ['metal'],
    });
    this.price = metrics.gauge({
      name: 'metals_current_price',
      help: 'Price that was acknowledged last.',
      labelNames: ['metal'],
    });
    for (const metal of METALS) this.sent.inc({ metal }, 0);
  }

  /** @param lastPrices - by metal; the price that was acknowledged last. */
  published(counts: ReadonlyMap<Metal, number>, lastPrices: ReadonlyMap<Metal, number>): void {
    for (const [metal, count] of counts) this.sent.inc({ metal }, count);
    for (const [metal, price] of lastPrices) this.price.set({ metal }, price);
  }
}
