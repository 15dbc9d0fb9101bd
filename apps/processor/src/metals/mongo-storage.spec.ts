import { loadSettings } from 'millrace/config';
import { MongoSinkFactory } from 'millrace/mongo';
import type { MongoConnection } from 'millrace/mongo';
import { pipelineSettings } from 'millrace/pipeline';
import type { PipelineRecord } from 'millrace/pipeline';
import type { PriceQuoted } from 'millrace/events';
import { systemClock } from 'millrace/retry';
import { MongoCandleStore } from './mongo-candle.store';
import { MongoPriceQueries } from './mongo-price.queries';

interface Upsert {
  readonly updateOne: { readonly filter: { readonly _id: string }; readonly update: object };
}

/** A collection that notes what it is asked. */
class NotingCollection {
  readonly written: Upsert[] = [];
  asked: { readonly filter: unknown; readonly options: object } | undefined;
  failure: Error | undefined;

  async bulkWrite(operations: readonly Upsert[]) {
    this.written.push(...operations);
    const matched = operations.length;
    return { insertedCount: 0, matchedCount: matched, upsertedCount: 0, modifiedCount: matched };
  }
  find(filter: unknown, options: object) {
    this.asked = { filter, options };
    return {
      toArray: async () => {
        if (this.failure !== undefined) throw this.failure;
        return [{ _id: 'gold:USD:1d:2024-01-31', metal: 'gold' }];
      },
    };
  }
}

function connected() {
  const names: string[] = [];
  const collection = new NotingCollection();
  const connection = {
    collection: (name: string) => {
      names.push(name);
      return collection;
    },
    probe: async () => undefined,
  } as unknown as MongoConnection;
  return { names, collection, connection };
}

const price = (
  observedAt: string,
  amount: number,
  eventId: string,
): PipelineRecord<PriceQuoted> => ({
  ...{ eventId, topic: 'metals-prices', partition: 0 },
  event: { metal: 'gold', price: amount, currency: 'USD', observedAt },
  raw: { offset: 0n, timestampMs: 0, key: null, value: null, headers: [] },
});

describe('candles in MongoDB', () => {
  it('are joined by $min and $max alone, and a slice of one candle is one operation each', async () => {
    const { names, collection, connection } = connected();
    const settings = loadSettings({ slices: [pipelineSettings], env: {} });
    const factory = new MongoSinkFactory(connection, { writeTimeoutMs: 1_000 }, systemClock);
    const store = new MongoCandleStore(factory, settings);
    const records = [
      price('2024-01-31T10:00:00.000Z', 7, 'b'),
      price('2024-01-31T09:00:00.000Z', 9, 'a'),
    ];
    const results = await store.apply(records, new AbortController().signal);
    expect(results).toEqual([{ outcome: 'stored' }, { outcome: 'stored' }]);
    expect(new Set(names)).toEqual(new Set(['candles']));
    expect(collection.written.map(({ updateOne }) => updateOne.filter._id)).toEqual([
      'gold:USD:1d:2024-01-31',
      'gold:USD:1M:2024-01-01',
      'gold:USD:1y:2024-01-01',
    ]);
    expect(collection.written[0]?.updateOne.update).toEqual({
      $min: { low: 7, open: { at: new Date('2024-01-31T09:00:00.000Z'), id: 'a', price: 9 } },
      $max: { high: 9, close: { at: new Date('2024-01-31T10:00:00.000Z'), id: 'b', price: 7 } },
      $setOnInsert: {
        ...{ metal: 'gold', currency: 'USD', interval: '1d' },
        start: new Date('2024-01-31T00:00:00.000Z'),
      },
    });
  });
});

describe('queries in MongoDB', () => {
  const { collection, connection } = connected();
  const queries = new MongoPriceQueries(connection);

  it('read prices of a span, the newest first, bounded in number and time', async () => {
    const from = new Date('2024-01-01T00:00:00Z');
    const to = new Date('2024-02-01T00:00:00Z');
    await queries.prices({ metal: 'gold', from, to, limit: 5 });
    expect(collection.asked).toEqual({
      filter: { metal: 'gold', observedAt: { $gte: from, $lt: to } },
      options: expect.objectContaining({ limit: 5, sort: { observedAt: -1 }, timeoutMS: 3_000 }),
    });
    await queries.prices({ metal: 'gold', limit: 5 });
    expect(collection.asked?.filter).toEqual({ metal: 'gold' });
  });

  it('read candles by their id: from counts, to does not', async () => {
    const query = { metal: 'gold', currency: 'USD', interval: '1d', limit: 5 } as const;
    const found = await queries.candles({
      ...query,
      from: new Date('2024-01-01T00:00:00Z'),
      to: new Date('2024-01-31T10:00:00Z'),
    });
    expect(found).toEqual([{ id: 'gold:USD:1d:2024-01-31', metal: 'gold' }]);
    expect(collection.asked?.filter).toEqual({
      _id: { $gte: 'gold:USD:1d:2024-01-01', $lt: 'gold:USD:1d:2024-02-01' },
    });
    await queries.candles(query);
    expect(collection.asked?.filter).toEqual({
      _id: { $gte: 'gold:USD:1d:', $lt: 'gold:USD:1d:~' },
    });
  });

  it('give a failure of the driver a code that says "later"', async () => {
    collection.failure = new Error('socket hang up');
    await expect(queries.latest()).rejects.toMatchObject({ failure: 'infrastructure' });
  });
});
