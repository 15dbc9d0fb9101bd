import { Injectable } from '@nestjs/common';
import { MillraceError } from 'millrace/errors';
import { MongoConnection, translateMongoError } from 'millrace/mongo';
import { QueryUnavailableError } from '../processor.errors';
import type { Candle } from './candle';
import { candleId } from './candle';
import { COLLECTIONS } from './price.document';
import type { PriceDocument } from './price.document';
import type { CandlesQuery, PriceQueries, PricesQuery } from './price.queries';

/** People wait for the answer; unit ms. */
const QUERY_TIMEOUT_MS = 3_000;
const BOUNDS = Object.freeze({ timeoutMS: QUERY_TIMEOUT_MS });

const PRICE_FIELDS = Object.freeze({ _id: 0, _v: 0 });

/** Sorts after every day of an interval. */
const AFTER_ALL_DAYS = '~';

type StoredCandle = Omit<Candle, 'id'> & { readonly _id: string };

/** Reads the collections of the metals pipeline. */
@Injectable()
export class MongoPriceQueries implements PriceQueries {
  constructor(private readonly connection: MongoConnection) {}

  latest(): Promise<readonly PriceDocument[]> {
    return answered(() =>
      this.connection
        .collection<PriceDocument>(COLLECTIONS.latest)
        .find({}, { ...BOUNDS, projection: PRICE_FIELDS, sort: { metal: 1 } })
        .toArray(),
    );
  }

  prices({ metal, from, to, limit }: PricesQuery): Promise<readonly PriceDocument[]> {
    const span = {
      ...(from === undefined ? {} : { $gte: from }),
      ...(to === undefined ? {} : { $lt: to }),
    };
    const filter = Object.keys(span).length === 0 ? { metal } : { metal, observedAt: span };
    return answered(() =>
      this.connection
        .collection<PriceDocument>(COLLECTIONS.prices)
        .find(filter, { ...BOUNDS, projection: PRICE_FIELDS, sort: { observedAt: -1 }, limit })
        .toArray(),
    );
  }

  /** Needs no index: the `_id` sorts by time. */
  async candles(query: CandlesQuery): Promise<readonly Candle[]> {
    const { interval, limit, from, to } = query;
    const bound = (day: string) => candleId(query, interval, day);
    const filter = {
      _id: {
        $gte: bound(from === undefined ? '' : dayAtOrAfter(from)),
        $lt: bound(to === undefined ? AFTER_ALL_DAYS : dayAtOrAfter(to)),
      },
    };
    const found = await answered(() =>
      this.connection
        .collection<StoredCandle>(COLLECTIONS.candles)
        .find(filter, { ...BOUNDS, sort: { _id: -1 }, limit })
        .toArray(),
    );
    return found.map(({ _id, ...candle }) => ({ id: _id, ...candle }));
  }
}

const DAY_MS = 86_400_000;

/** Candles start at midnight: one is in the span when its day is this one or later. */
function dayAtOrAfter(time: Date): string {
  return new Date(Math.ceil(time.getTime() / DAY_MS) * DAY_MS).toISOString().slice(0, 10);
}

async function answered<T>(query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw translateMongoError(error) ?? new QueryUnavailableError({ cause: error });
  }
}
