import type { Metal, PriceQuoted } from 'millrace/events';

/** Lengths of candles, by the calendar in UTC: a day, a month, a year; closed set. */
export const CANDLE_INTERVALS = ['1d', '1M', '1y'] as const;
export type CandleInterval = (typeof CANDLE_INTERVALS)[number];

/** First or last price of an interval. The order of the fields is the order of comparison. */
export interface CandleEdge {
  readonly at: Date;
  readonly id: string;
  readonly price: number;
}

/** Prices of one metal in one currency, in one interval. No counts: a repeat would change them. */
export interface Candle {
  /** `<metal>:<currency>:<interval>:<first day>`; example `gold:USD:1M:2024-01-01`. */
  readonly id: string;
  readonly metal: Metal;
  readonly currency: string;
  readonly interval: CandleInterval;
  readonly start: Date;
  readonly open: CandleEdge;
  readonly high: number;
  readonly low: number;
  readonly close: CandleEdge;
}

/** Identity of a candle; sorts by time within one metal, currency and interval. */
export function candleId(
  { metal, currency }: Pick<Candle, 'metal' | 'currency'>,
  interval: CandleInterval,
  firstDay: string,
): string {
  return `${metal}:${currency}:${interval}:${firstDay}`;
}

/** Says what one price contributes to the candles it falls into: one of each interval. */
export function candleUpdates(event: PriceQuoted, eventId: string): readonly Candle[] {
  const { metal, currency, price, observedAt } = event;
  const edge: CandleEdge = { at: new Date(observedAt), id: eventId, price };
  return CANDLE_INTERVALS.map((interval) => {
    const firstDay = firstDayOf(interval, observedAt);
    return {
      id: candleId(event, interval, firstDay),
      metal,
      currency,
      interval,
      start: new Date(`${firstDay}T00:00:00.000Z`),
      open: edge,
      high: price,
      low: price,
      close: edge,
    };
  });
}

/**
 * Joins what is known about one candle.
 *
 * Commutative, associative and idempotent: order and repetition of prices change nothing.
 *
 * @param second - a candle of the same id.
 */
export function mergeCandle(first: Candle, second: Candle): Candle {
  return {
    ...first,
    open: edgeOrder(second.open, first.open) < 0 ? second.open : first.open,
    high: Math.max(first.high, second.high),
    low: Math.min(first.low, second.low),
    close: edgeOrder(second.close, first.close) > 0 ? second.close : first.close,
  };
}

/** Compares as MongoDB compares the embedded documents: by time, then id, then price. */
export function edgeOrder(left: CandleEdge, right: CandleEdge): number {
  const byTime = left.at.getTime() - right.at.getTime();
  if (byTime !== 0) return byTime;
  if (left.id !== right.id) return left.id < right.id ? -1 : 1;
  return left.price - right.price;
}

// The contract writes observedAt in one form, UTC with a year of four digits: its text is the calendar.
function firstDayOf(interval: CandleInterval, observedAt: string): string {
  switch (interval) {
    case '1d':
      return observedAt.slice(0, 10);
    case '1M':
      return `${observedAt.slice(0, 7)}-01`;
    case '1y':
      return `${observedAt.slice(0, 4)}-01-01`;
    default:
      return interval satisfies never;
  }
}
