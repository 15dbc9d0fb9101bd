import fc from 'fast-check';
import { FakeClock } from 'millrace/testing';
import { MongoNetworkError } from 'mongodb';
import { WRITE_BOUND, quoteRecord, sinkOver, words } from './mongo-sink.fixture';
import type { Quote } from './mongo-sink.fixture';
import type { MongoSinkOptions } from './mongo-sink.decorator';
import { ScriptedCollection, bulkError, idTaken } from './scripted-collection.fixture';

const guarding: Partial<MongoSinkOptions<Quote>> = {
  id: ({ metal }) => metal,
  version: ({ at }) => at,
  document: ({ price, at }) => ({ price, at }),
};
const at = (...times: number[]) => times.map((time) => quoteRecord(time, { at: time }));
const lostRace = () => {
  throw bulkError([{ index: 0, ...idTaken('gold') }]);
};

describe('the guarding sink', () => {
  it('writes conditionally on the stored version, as an upsert [DEL-03]', async () => {
    const collection = new ScriptedCollection();
    const bulkWrite = jest.spyOn(collection, 'bulkWrite');
    await sinkOver(collection, guarding).write(at(5), WRITE_BOUND);
    expect(bulkWrite.mock.calls[0]?.[0]).toEqual([
      {
        replaceOne: {
          filter: { _id: 'gold', _v: { $lt: 5 } },
          replacement: { _id: 'gold', price: 5, at: 5, _v: 5 },
          upsert: true,
        },
      },
    ]);
  });

  it('calls an older version stale, the same one a duplicate, and stores a newer one', async () => {
    const sink = sinkOver(new ScriptedCollection(), guarding);
    const seen = [];
    for (const time of [5, 3, 5, 9, 5])
      seen.push(...words(await sink.write(at(time), WRITE_BOUND)));
    expect(seen).toEqual(['stored', 'stale', 'duplicate', 'stored', 'stale']);
  });

  it('sends only the highest version of an id in a slice', async () => {
    const collection = new ScriptedCollection();
    expect(words(await sinkOver(collection, guarding).write(at(4, 9, 7, 9), WRITE_BOUND))).toEqual([
      'stale',
      'stored',
      'stale',
      'duplicate',
    ]);
    expect(collection.calls).toEqual([['gold']]);
  });

  it('asks once for the stored versions of all that found their id taken', async () => {
    const collection = new ScriptedCollection();
    const sink = sinkOver(collection, guarding);
    const both = (time: number) =>
      ['gold', 'silver'].map((metal) => quoteRecord(1, { metal, at: time }));
    await sink.write(both(5), WRITE_BOUND);
    expect(words(await sink.write(both(4), WRITE_BOUND))).toEqual(['stale', 'stale']);
    expect(collection.finds).toBe(1);
  });

  it('asks before it writes, after a slice of which most was not newer [DEL-03]', async () => {
    const collection = new ScriptedCollection();
    const sink = sinkOver(collection, guarding);
    const both = (gold: number, silver: number) => [
      quoteRecord(1, { metal: 'gold', at: gold }),
      quoteRecord(1, { metal: 'silver', at: silver }),
    ];
    const write = async (gold: number, silver: number) =>
      words(await sink.write(both(gold, silver), WRITE_BOUND));
    await write(5, 5);
    expect(await write(4, 5)).toEqual(['stale', 'duplicate']);
    expect(collection.calls).toHaveLength(2);
    expect(collection.level).toBe('local');
    expect(await write(5, 3)).toEqual(['duplicate', 'stale']);
    expect(collection.calls).toHaveLength(2);
    // Nothing is written, so nothing waits for the majority: only what it has counts.
    expect(collection.level).toBe('majority');
    expect(await write(4, 6)).toEqual(['stale', 'stored']);
    expect(collection.calls.slice(2)).toEqual([['silver']]);
    expect(await write(7, 7)).toEqual(['stored', 'stored']);
    const { finds } = collection;
    expect(await write(8, 8)).toEqual(['stored', 'stored']);
    expect(collection.finds).toBe(finds);
  });

  it('a version that rises between question and write is not overwritten', async () => {
    const collection = new ScriptedCollection();
    const sink = sinkOver(collection, guarding);
    for (const time of [5, 5]) await sink.write(at(time), WRITE_BOUND);
    collection.next((operations) => {
      collection.documents.set('gold', { _id: 'gold', price: 9, at: 9, _v: 9 });
      return collection.apply(operations);
    });
    expect(words(await sink.write(at(7), WRITE_BOUND))).toEqual(['stale']);
    expect(collection.documents.get('gold')).toMatchObject({ at: 9 });
  });

  it('sends again what lost a race between first writers', async () => {
    const collection = new ScriptedCollection().next(lostRace, lostRace);
    expect(words(await sinkOver(collection, guarding).write(at(5), WRITE_BOUND))).toEqual([
      'stored',
    ]);
    expect(collection.calls).toHaveLength(3);
  });

  it('sends again what met a lower version of another first writer', async () => {
    const collection = new ScriptedCollection();
    collection.next(() => {
      collection.documents.set('gold', { _id: 'gold', _v: 3 });
      return lostRace();
    });
    expect(words(await sinkOver(collection, guarding).write(at(5), WRITE_BOUND))).toEqual([
      'stored',
    ]);
    expect(collection.documents.get('gold')).toMatchObject({ _v: 5 });
  });

  it('sends again at most three times, and is retryable then', async () => {
    const collection = new ScriptedCollection().next(...new Array(9).fill(lostRace));
    const results = await sinkOver(collection, guarding).write(at(5, 3), WRITE_BOUND);
    expect(words(results)).toEqual(['SINK_WRITE_CONFLICT', 'SINK_WRITE_CONFLICT']);
    expect(collection.calls).toHaveLength(4);
  });

  it('knows nothing when the stored versions cannot be read', async () => {
    const collection = new ScriptedCollection().next(lostRace);
    collection.find = () => ({ toArray: () => Promise.reject(new MongoNetworkError('reset')) });
    expect(words(await sinkOver(collection, guarding).write(at(5), WRITE_BOUND))).toEqual([
      'SINK_UNAVAILABLE',
    ]);
  });

  it('replaces a document that has no version yet', async () => {
    const collection = new ScriptedCollection();
    collection.documents.set('gold', { _id: 'gold', price: 'old' });
    const bulkWrite = jest.spyOn(collection, 'bulkWrite');
    expect(words(await sinkOver(collection, guarding).write(at(5), WRITE_BOUND))).toEqual([
      'stored',
    ]);
    expect(bulkWrite.mock.calls[1]?.[0]).toMatchObject([
      { replaceOne: { filter: { _id: 'gold', _v: { $exists: false } }, upsert: true } },
    ]);
    expect(collection.documents.get('gold')).toMatchObject({ price: 5, _v: 5 });
  });

  it('[DEL-03] a deletion leaves a marker that a late older event does not turn back', async () => {
    const collection = new ScriptedCollection();
    const clock = new FakeClock();
    const deleting = { ...guarding, deleted: ({ price }: Quote) => price === null };
    const sink = sinkOver(collection, deleting, { clock });
    const deletion = (time: number) => quoteRecord(time, { at: time, price: null });
    const seen = [];
    for (const record of [...at(5), deletion(7), ...at(6), deletion(7)]) {
      seen.push(...words(await sink.write([record], WRITE_BOUND)));
    }
    expect(seen).toEqual(['stored', 'stored', 'stale', 'duplicate']);
    expect(collection.documents.get('gold')).toEqual({
      _id: 'gold',
      _deleted: true,
      _deletedAt: new Date(clock.now()),
      _v: 7,
    });
    expect(words(await sink.write(at(8), WRITE_BOUND))).toEqual(['stored']);
    expect(collection.documents.get('gold')).toEqual({ _id: 'gold', price: 8, at: 8, _v: 8 });
  });

  it('a deletion in the middle of a slice loses to a newer event of it', async () => {
    const collection = new ScriptedCollection();
    const deleting = { ...guarding, deleted: ({ price }: Quote) => price === null };
    const batch = [...at(4), quoteRecord(5, { at: 5, price: null }), ...at(6)];
    const results = await sinkOver(collection, deleting).write(batch, WRITE_BOUND);
    expect(words(results)).toEqual(['stale', 'stale', 'stored']);
    expect(collection.documents.get('gold')).not.toHaveProperty('_deleted');
  });

  it('refuses a version that has no order with the stored one: it could never be replaced', async () => {
    const collection = new ScriptedCollection().next(lostRace);
    collection.documents.set('gold', { _id: 'gold', _v: 'text' });
    expect(words(await sinkOver(collection, guarding).write(at(5), WRITE_BOUND))).toEqual([
      'SINK_VERSION_INVALID',
    ]);
  });

  it('refuses versions that are no number, date or text', async () => {
    const version = ({ at: time }: Quote) => [NaN, new Date(NaN), '', undefined][time] as never;
    const sink = sinkOver(new ScriptedCollection(), { ...guarding, version });
    expect(new Set(words(await sink.write(at(0, 1, 2, 3), WRITE_BOUND)))).toEqual(
      new Set(['SINK_VERSION_INVALID']),
    );
  });

  it('writes the next lower version when the highest one is refused', async () => {
    const collection = new ScriptedCollection();
    const batch = [...at(4), quoteRecord(9, { at: 9, price: { $where: 1 } }), ...at(3)];
    expect(words(await sinkOver(collection, guarding).write(batch, WRITE_BOUND))).toEqual([
      'stored',
      'SINK_DOCUMENT_REJECTED',
      'stale',
    ]);
  });

  it('ends at the highest version whatever the order, the repetition and the slices', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom('gold', 'silver'), fc.integer({ min: 0, max: 20 })), {
          minLength: 1,
          maxLength: 40,
        }),
        fc.integer({ min: 1, max: 10 }),
        async (quotes, maxRecords) => {
          const collection = new ScriptedCollection();
          const batch = quotes.map(([metal, time]) => quoteRecord(time, { metal, at: time }));
          await sinkOver(collection, { ...guarding, window: { maxRecords } }).write(
            batch,
            WRITE_BOUND,
          );
          for (const metal of new Set(quotes.map(([name]) => name))) {
            const newest = Math.max(
              ...quotes.filter(([name]) => name === metal).map(([, time]) => time),
            );
            expect(collection.documents.get(metal)).toMatchObject({ at: newest, _v: newest });
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
