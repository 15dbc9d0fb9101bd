import fc from 'fast-check';
import { MongoNetworkError } from 'mongodb';
import type { MongoUpdate } from './idempotent-update';
import { WRITE_BOUND, quoteRecord, quoteRecords, sinkOver, words } from './mongo-sink.fixture';
import type { Quote } from './mongo-sink.fixture';
import { ScriptedCollection, bulkError, idTaken } from './scripted-collection.fixture';

const candle = (id: string, price: unknown): MongoUpdate => ({
  id,
  update: { $min: { low: price }, $max: { high: price }, $setOnInsert: { made: true } },
});
const perMetal = ({ metal, price }: Quote) => [
  candle(`${metal}:1m`, price),
  candle(`${metal}:1h`, price),
];

describe('the updating sink', () => {
  it('merges updates of one document in a slice into one upsert', async () => {
    const collection = new ScriptedCollection();
    const results = await sinkOver(collection, { update: perMetal }).write(
      quoteRecords(500),
      WRITE_BOUND,
    );
    expect(new Set(words(results))).toEqual(new Set(['stored']));
    expect(collection.calls).toEqual([['gold:1m', 'gold:1h']]);
    expect(collection.documents.get('gold:1h')).toEqual({
      _id: 'gold:1h',
      low: 0,
      high: 499,
      made: true,
    });
  });

  it('has the same effect merged, apart, repeated and in any order', async () => {
    const prices = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(prices, fc.integer({ min: 1, max: 30 }), async (all, maxRecords) => {
        const collection = new ScriptedCollection();
        const batch = [...all, ...all].map((price, index) => quoteRecord(index, { price }));
        const sink = sinkOver(collection, { update: perMetal, window: { maxRecords } });
        await sink.write(batch, WRITE_BOUND);
        expect(collection.documents.get('gold:1m')).toMatchObject({
          low: Math.min(...all),
          high: Math.max(...all),
        });
      }),
      { numRuns: 100 },
    );
  });

  it('says stored only when every update of the record is', async () => {
    const collection = new ScriptedCollection().fail('gold:1h', { code: 189 });
    const results = await sinkOver(collection, { update: perMetal }).write(
      quoteRecords(2),
      WRITE_BOUND,
    );
    expect(words(results)).toEqual(['SINK_UNAVAILABLE', 'SINK_UNAVAILABLE']);
  });

  it('waits rather than gives up when one update is refused and another one must wait', async () => {
    const collection = new ScriptedCollection()
      .fail('gold:1m', { code: 121 })
      .fail('gold:1h', { code: 189 });
    const results = await sinkOver(collection, { update: perMetal }).write(
      quoteRecords(1),
      WRITE_BOUND,
    );
    expect(words(results)).toEqual(['SINK_UNAVAILABLE']);
  });

  it('does not let a refused update take down the records that were merged with it', async () => {
    const collection = new ScriptedCollection().next((operations) => {
      throw bulkError(operations.map((_, index) => ({ index, code: 121 })));
    });
    collection.next((operations) => {
      const isBad = (one: unknown) => JSON.stringify(one).includes('-1');
      const bad = operations.flatMap((one, index) => (isBad(one) ? [{ index, code: 121 }] : []));
      throw bulkError(bad, { matchedCount: operations.length - bad.length });
    });
    const batch = [1, -1, 2].map((price, index) => quoteRecord(index, { price }));
    const results = await sinkOver(collection, { update: perMetal }).write(batch, WRITE_BOUND);
    expect(words(results)).toEqual(['stored', 'SINK_DOCUMENT_REJECTED', 'stored']);
  });

  it('sends an upsert again when another first writer was faster, at most three times', async () => {
    const taken = (operations: readonly unknown[]) => {
      throw bulkError(operations.map((_, index) => ({ index, ...idTaken('gold:1m') })));
    };
    const once = new ScriptedCollection().next(taken);
    const update = ({ price }: Quote) => [candle('gold:1m', price)];
    expect(words(await sinkOver(once, { update }).write(quoteRecords(2), WRITE_BOUND))).toEqual([
      'stored',
      'stored',
    ]);
    const always = new ScriptedCollection().next(...new Array(9).fill(taken));
    expect(words(await sinkOver(always, { update }).write(quoteRecords(1), WRITE_BOUND))).toEqual([
      'SINK_WRITE_CONFLICT',
    ]);
    expect(always.calls).toHaveLength(4);
  });

  it('sends at most 1,000 operations in a bulk', async () => {
    const collection = new ScriptedCollection();
    const update = ({ at, price }: Quote) => [candle(`a-${at}`, price), candle(`b-${at}`, price)];
    await sinkOver(collection, { update }).write(quoteRecords(600), WRITE_BOUND);
    expect(collection.calls.map(({ length }) => length)).toEqual([1_000, 200]);
  });

  it('filters an event without updates', async () => {
    const sink = sinkOver(new ScriptedCollection(), { update: () => [] });
    expect(words(await sink.write(quoteRecords(1), WRITE_BOUND))).toEqual(['filtered']);
  });

  it('refuses an operator whose repetition changes the document again', async () => {
    const update = () => [{ id: 'gold', update: { $inc: { count: 1 } } as never }];
    const sink = sinkOver(new ScriptedCollection(), { update });
    expect(words(await sink.write(quoteRecords(1), WRITE_BOUND))).toEqual([
      'SINK_UPDATE_NOT_IDEMPOTENT',
    ]);
  });

  it('gives every record the error of a bulk that failed as a whole', async () => {
    const collection = new ScriptedCollection().next(() => {
      throw new MongoNetworkError('reset');
    });
    const results = await sinkOver(collection, { update: perMetal }).write(
      quoteRecords(2),
      WRITE_BOUND,
    );
    expect(words(results)).toEqual(['SINK_UNAVAILABLE', 'SINK_UNAVAILABLE']);
  });
});
