import type { Metal, PriceQuoted } from 'millrace/events';
import type { PipelineRecord } from 'millrace/pipeline';

/** Collections of the metals pipeline. */
export const COLLECTIONS = Object.freeze({
  prices: 'prices',
  latest: 'latest_prices',
  candles: 'candles',
});

/** A price as it is stored, beside its `_id`. */
export interface PriceDocument {
  readonly metal: Metal;
  readonly price: number;
  readonly currency: string;
  readonly observedAt: Date;
  readonly eventId: string;
  /** Kafka's record timestamp. */
  readonly publishedAt: Date;
}

/** Turns an event into what is stored of it. */
export function priceDocument(
  { metal, price, currency, observedAt }: PriceQuoted,
  { eventId, raw }: Pick<PipelineRecord, 'eventId' | 'raw'>,
): PriceDocument {
  return {
    metal,
    price,
    currency,
    observedAt: new Date(observedAt),
    eventId,
    publishedAt: new Date(raw.timestampMs),
  };
}
