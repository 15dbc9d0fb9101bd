import type { Metal } from 'millrace/events';
import type { Candle, CandleInterval } from './candle';
import type { PriceDocument } from './price.document';

/** Injection token of the {@link PriceQueries}. */
export const PRICE_QUERIES = Symbol('metals:price-queries');

/** A span of event time: `from` counts, `to` does not. */
export interface TimeSpan {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

export interface PricesQuery extends TimeSpan {
  readonly metal: Metal;
  /** 1-1000. */
  readonly limit: number;
}

export interface CandlesQuery extends PricesQuery {
  readonly interval: CandleInterval;
  readonly currency: string;
}

/** Reads what arrived. @throws {MillraceError} infrastructure, when the database does not answer. */
export interface PriceQueries {
  /** One per metal that ever had a price, by name. */
  latest(): Promise<readonly PriceDocument[]>;
  /** The newest first. */
  prices(query: PricesQuery): Promise<readonly PriceDocument[]>;
  /** The newest first; the span is of the candles' starts. */
  candles(query: CandlesQuery): Promise<readonly Candle[]>;
}
