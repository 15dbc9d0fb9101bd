import { Injectable } from '@nestjs/common';
import { PriceQuoted } from 'millrace/events';
import type { Metal } from 'millrace/events';
import { EventPublisher, InjectPublisher } from 'millrace/pipeline';
import type { PublishOutcome } from 'millrace/pipeline';
import { MetalsMetrics } from './metals.metrics';

/** An event and its identity. */
export interface PriceToPublish {
  readonly event: PriceQuoted;
  readonly eventId: string;
}

/** Publishes prices, whatever source they are from, and counts those that Kafka acknowledged. */
@Injectable()
export class PricePublisher {
  constructor(
    @InjectPublisher(PriceQuoted) private readonly prices: EventPublisher<PriceQuoted>,
    private readonly metrics: MetalsMetrics,
  ) {}

  /**
   * Publishes; one outcome per price, in order. Never rejects.
   *
   * @param deadlineMs - longest wait for the acknowledgement.
   */
  async publishAll(
    prices: readonly PriceToPublish[],
    deadlineMs: number,
  ): Promise<readonly PublishOutcome[]> {
    if (prices.length === 0) return [];
    const outcomes = await this.prices.publishAll(prices, { deadlineMs });
    this.count(prices, outcomes);
    return outcomes;
  }

  private count(prices: readonly PriceToPublish[], outcomes: readonly PublishOutcome[]): void {
    const counts = new Map<Metal, number>();
    const lastPrices = new Map<Metal, number>();
    prices.forEach(({ event: { metal, price } }, index) => {
      const outcome = outcomes[index];
      if (outcome === undefined || 'error' in outcome) return;
      counts.set(metal, (counts.get(metal) ?? 0) + 1);
      lastPrices.set(metal, price);
    });
    this.metrics.published(counts, lastPrices);
  }
}
