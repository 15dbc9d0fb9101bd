import { MongoClient } from 'mongodb';
import type { SinkPort } from 'millrace/pipeline';
import type { FaultProxy } from 'millrace/testing';
import {
  BOUND,
  CLIENT_OPTIONS,
  aDatabasePerFile,
  guarding,
  mongoProxy,
  record,
  records,
  sinkOn,
  tally,
  uriOf,
  words,
} from './mongo-server';
import type { SinkOptions } from './mongo-server';

const database = aDatabasePerFile();

const sinkOf = (collection: string, options: SinkOptions): SinkPort =>
  sinkOn(database.client, database.name, { ...options, collection });

const inserting: SinkOptions = {
  id: (_, { eventId }) => eventId,
  document: ({ metal, price, at }) => ({ metal, price, at }),
};

describe('the inserting sink on a real server', () => {
  it('stores each record once, and a replay changes nothing [DEL-02]', async () => {
    const sink = sinkOf('replay', inserting);
    expect(tally(await sink.write(records(2_500), BOUND))).toEqual({ stored: 2_500 });
    expect(tally(await sink.write(records(2_600), BOUND))).toEqual({
      duplicate: 2_500,
      stored: 100,
    });
    expect(await database.db.collection('replay').countDocuments()).toBe(2_600);
  });

  it('keeps the first of two records with one id in a slice', async () => {
    const sink = sinkOf('folded', inserting);
    const twice = [record(1, { price: 'first' }), record(2), record(1, { price: 'second' })];
    expect(words(await sink.write(twice, BOUND))).toEqual(['stored', 'stored', 'duplicate']);
    expect(await database.db.collection('folded').findOne({ at: 1 })).toMatchObject({
      price: 'first',
    });
  });

  it('tells a unique index of the user from the identity', async () => {
    await database.db.collection('unique').createIndex({ price: 1 }, { unique: true });
    const sink = sinkOf('unique', inserting);
    await sink.write([record(1, { price: 7 })], BOUND);
    const results = await sink.write([record(1), record(2, { price: 7 }), record(3)], BOUND);
    expect(words(results)).toEqual(['duplicate', 'SINK_UNIQUE_CONFLICT', 'stored']);
  });

  it('takes a declared idempotency index for the identity', async () => {
    await database.db.collection('declared').createIndex({ price: 1 }, { unique: true });
    const sink = sinkOf('declared', {
      ...inserting,
      indexes: [{ keys: { price: 1 }, idempotency: true }],
    });
    const results = await sink.write([record(1, { price: 7 }), record(2, { price: 7 })], BOUND);
    expect(words(results).sort()).toEqual(['duplicate', 'stored']);
  });

  const poison: ReadonlyArray<readonly [string, () => unknown, string]> = [
    ['a NUL character in a key', () => ({ 'a\0b': 1 }), 'SINK_DOCUMENT_REJECTED'],
    ['a key that starts with $', () => ({ $where: 1 }), 'SINK_DOCUMENT_REJECTED'],
    ['a key named _bsontype', () => ({ _bsontype: 'ObjectId' }), 'SINK_DOCUMENT_REJECTED'],
    ['nesting of 150 levels', () => nested(150), 'SINK_DOCUMENT_REJECTED'],
    ['a circle', circle, 'SINK_DOCUMENT_REJECTED'],
    ['a toBSON that throws', () => new Unserialisable(), 'SINK_DOCUMENT_REJECTED'],
    ['more than 16 MiB', () => 'x'.repeat(16 * 1024 * 1024 + 1), 'SINK_DOCUMENT_TOO_LARGE'],
    ['more than 17 MiB', () => 'x'.repeat(18 * 1024 * 1024), 'SINK_DOCUMENT_TOO_LARGE'],
  ];
  it.each(poison)('stores 999 of 1,000 beside %s [S8] [F12]', async (name, make, code) => {
    const collection = `poison_${name.replace(/\W/g, '_')}`;
    const sink = sinkOf(collection, inserting);
    const batch = records(1_000);
    batch[617] = record(617, { price: make() });
    const results = await sink.write(batch, BOUND);
    expect(tally(results)).toEqual({ stored: 999, [code]: 1 });
    expect(words(results)[617]).toBe(code);
    expect(await database.db.collection(collection).countDocuments()).toBe(999);
  });
});

describe('the guarding sink on a real server', () => {
  it('never lets an older event overwrite a newer one [DEL-03]', async () => {
    const sink = sinkOf('guard', guarding);
    const at = (...times: number[]) => times.map((time) => record(time, { at: time }));
    expect(words(await sink.write(at(5), BOUND))).toEqual(['stored']);
    expect(words(await sink.write(at(3), BOUND))).toEqual(['stale']);
    expect(words(await sink.write(at(5), BOUND))).toEqual(['duplicate']);
    expect(words(await sink.write(at(4, 9, 7, 9), BOUND))).toEqual([
      'stale',
      'stored',
      'stale',
      'duplicate',
    ]);
    expect(await database.db.collection('guard').findOne()).toEqual({
      _id: 'gold',
      price: 9,
      at: 9,
      _v: new Date(9),
    });
  });

  it('replaces a document that has no version yet, and refuses one of another type', async () => {
    const documents = database.db.collection<{ _id: string; _v?: unknown }>('versionless');
    await documents.insertMany([{ _id: 'gold' }, { _id: 'silver', _v: 'text' }]);
    const batch = ['gold', 'silver'].map((metal) => record(1, { metal }));
    const results = await sinkOf('versionless', guarding).write(batch, BOUND);
    expect(words(results)).toEqual(['stored', 'SINK_VERSION_INVALID']);
  });

  it('ends at the highest version when two writers race from the first document on', async () => {
    const metals = Array.from({ length: 40 }, (_, index) => `metal-${index}`);
    // Each writer swaps neighbours (1, 0, 3, 2, ...), so that some are stale whoever is ahead.
    const batchOf = (parity: number) =>
      Array.from({ length: 640 }, (_, index) => {
        const at = 2 * (Math.floor(index / 40) ^ 1) + parity;
        return record(index, { metal: metals[index % 40] ?? '', at });
      });
    const write = async (parity: number) => {
      const sink = sinkOf('race', guarding);
      const all = batchOf(parity);
      const seen: string[] = [];
      for (let from = 0; from < all.length; from += 20) {
        seen.push(...words(await sink.write(all.slice(from, from + 20), BOUND)));
      }
      return seen;
    };
    const [even, odd] = await Promise.all([write(0), write(1)]);
    expect(new Set([...even, ...odd])).toEqual(new Set(['stored', 'stale']));
    const documents = await database.db.collection('race').find().toArray();
    expect(documents).toHaveLength(40);
    expect(documents.every(({ at }) => at === 31)).toBe(true);
  });
});

describe('the updating sink on a real server', () => {
  const candle = (time: number, id: string, price: number) => ({ at: new Date(time), id, price });
  const updating: SinkOptions = {
    update: ({ metal, price, at }, { eventId }) => {
      const quote = candle(at, eventId, price as number);
      return [
        {
          id: `${metal}:1h`,
          update: {
            $min: { open: quote, low: price },
            $max: { close: quote, high: price },
            $setOnInsert: { metal },
          },
        },
      ];
    },
  };
  const quotes = [
    record(1, { at: 50, price: 10 }),
    record(2, { at: 30, price: 99 }),
    record(3, { at: 90, price: 3 }),
    // The same instant: the event id decides, the price does not.
    record(4, { at: 30, price: 1 }),
    record(5, { at: 90, price: 7 }),
  ];
  const expected = {
    _id: 'gold:1h',
    metal: 'gold',
    open: candle(30, 'event-2', 99),
    close: candle(90, 'event-5', 7),
    high: 99,
    low: 1,
  };

  it('orders embedded documents field by field, in any order of delivery and repetition', async () => {
    const orders = [quotes, [...quotes].reverse(), [...quotes, ...quotes]];
    for (const [index, order] of orders.entries()) {
      const merged = sinkOf(`candles_merged_${index}`, updating);
      expect(tally(await merged.write(order, BOUND))).toEqual({ stored: order.length });
      expect(await database.db.collection(`candles_merged_${index}`).find().toArray()).toEqual([
        expected,
      ]);
      // One record per write: the server compares, not the sink.
      const single = sinkOf(`candles_single_${index}`, updating);
      for (const quote of order) await single.write([quote], BOUND);
      expect(await database.db.collection(`candles_single_${index}`).find().toArray()).toEqual([
        expected,
      ]);
    }
  });

  it('survives two first writers of one document', async () => {
    const writers = Array.from({ length: 6 }, () => sinkOf('upserts', updating));
    for (let round = 0; round < 20; round += 1) {
      const batch = quotes.map((quote) => ({
        ...quote,
        event: { ...quote.event, metal: `m${round}` },
      }));
      const results = await Promise.all(writers.map((sink) => sink.write(batch, BOUND)));
      expect(tally(results.flat())).toEqual({ stored: 30 });
    }
    expect(await database.db.collection('upserts').countDocuments()).toBe(20);
  });
});

describe('a connection that breaks', () => {
  let proxy: FaultProxy;
  let proxied: MongoClient;

  beforeEach(async () => {
    proxy = await mongoProxy();
    proxied = await MongoClient.connect(uriOf(proxy), {
      ...CLIENT_OPTIONS,
      serverSelectionTimeoutMS: 500,
    });
  });

  afterEach(async () => {
    // In this order: the client would say goodbye to a server that is silent.
    await proxy.close();
    await proxied.close();
  });

  const broken = (collection: string, writeTimeoutMs: number): SinkPort =>
    sinkOn(proxied, database.name, { ...inserting, collection }, writeTimeoutMs);

  it('keeps what is known, says SINK_UNAVAILABLE of the rest, and loses nothing after it', async () => {
    const sink = broken('broken', 5_000);
    await sink.write(records(10), BOUND);
    proxy.down();
    const results = await sink.write(records(3_000), BOUND);
    expect(tally(results)).toEqual({ SINK_UNAVAILABLE: 3_000 });
    await expect(sink.probe()).rejects.toThrow();
    proxy.mend();
    await sink.probe();
    const again = tally(await sink.write(records(3_000), BOUND));
    expect((again['stored'] ?? 0) + (again['duplicate'] ?? 0)).toBe(3_000);
    expect(await database.db.collection('broken').countDocuments()).toBe(3_000);
  });

  it('gives up a silent server after the write timeout', async () => {
    const sink = broken('silent', 300);
    await sink.write(records(1), BOUND);
    proxy.break({ swallow: 'both' });
    const startedMs = performance.now();
    expect(tally(await sink.write(records(5), BOUND))).toEqual({ SINK_UNAVAILABLE: 5 });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  it('ends a write at once when its signal fires', async () => {
    const sink = broken('aborted', 10_000);
    await sink.write(records(1), BOUND);
    proxy.break({ swallow: 'both' });
    const abort = new AbortController();
    const writing = sink.write(records(5), { signal: abort.signal, deadlineMs: 10_000 });
    abort.abort(new Error('revoked'));
    const results = await writing;
    expect(results.every((result) => 'error' in result)).toBe(true);
  });
});

class Unserialisable {
  readonly field = 1;
  toBSON(): never {
    throw new TypeError('no');
  }
}

function nested(levels: number): object {
  let value: object = {};
  for (let level = 0; level < levels; level += 1) value = { value };
  return value;
}

function circle(): object {
  const round: Record<string, unknown> = {};
  round['self'] = round;
  return round;
}
