import { decodeEvent } from 'millrace/contracts';
import { PriceQuoted } from 'millrace/events';
import type { SinkPort } from 'millrace/pipeline';
import { BOUND, aDatabasePerFile, guarding, record, sinkOn, tally, words } from './mongo-server';
import type { SinkOptions } from './mongo-server';

const database = aDatabasePerFile();

const sinkOf = (collection: string, options: SinkOptions): SinkPort =>
  sinkOn(database.client, database.name, { ...options, collection });
const documentsOf = (collection: string) =>
  database.db.collection<{ _id: string; price: unknown }>(collection).find().sort({ _id: 1 });

/** What asks a database for more than one document, or for work, in place of a text. */
const OPERATORS: ReadonlyArray<readonly [string, unknown]> = [
  ['not equal to nothing', { $ne: null }],
  ['greater than nothing', { $gt: '' }],
  ['any of', { $in: ['gold', 'silver'] }],
  ['any text', { $regex: '.*' }],
  ['a program', { $where: 'while (true) {}' }],
  ['an expression', { $expr: { $function: { body: 'return true', args: [], lang: 'js' } } }],
  ['an operator deeper in it', { a: [{ b: { $ne: null } }] }],
  ['an imitated type of BSON', { _bsontype: 'ObjectId', id: 'x' }],
];

/** An event as somebody else's program makes it: nothing of its type is true. */
const hostile = (index: number, event: object) => record(index, event);

const byMetal: SinkOptions = {
  id: ({ metal }) => metal,
  document: ({ price }) => ({ price }),
};
const updating: SinkOptions = {
  update: ({ metal, price }) => [{ id: metal, update: { $max: { price } } }],
};
const SINKS: ReadonlyArray<readonly [string, SinkOptions]> = [
  ['inserting', byMetal],
  ['guarding', guarding],
  ['updating', updating],
];

describe('operators in place of values [S6]', () => {
  const quote = {
    metal: 'gold',
    price: 2_031.5,
    currency: 'USD',
    observedAt: '2026-01-05T10:00:00Z',
  };
  const read = (event: object) =>
    decodeEvent(PriceQuoted, Buffer.from(JSON.stringify(event)), String(PriceQuoted.version));

  it('[S6] pass no field of a contract', () => {
    const valid = read(quote);
    expect(valid).toHaveProperty('event');
    for (const field of Object.keys((valid as { event: object }).event)) {
      for (const [, operator] of OPERATORS) {
        expect(read({ ...quote, [field]: operator })).toMatchObject({ reason: 'contract-invalid' });
      }
    }
  });

  describe.each(SINKS)('in the %s sink', (name, options) => {
    it.each(OPERATORS)('[S6] are refused as identity and as value: %s', async (what, operator) => {
      const collection = `operators_${name}_${what.replace(/\W/g, '_')}`;
      const sink = sinkOf(collection, options);
      await sink.write([record(1), record(2, { metal: 'silver' })], BOUND);
      const before = await documentsOf(collection).toArray();
      const results = await sink.write(
        [
          hostile(10, { metal: operator, price: 99, at: 99 }),
          hostile(11, { metal: 'tin', price: operator, at: 99 }),
          record(12, { metal: 'zinc', price: 1 }),
        ],
        BOUND,
      );
      expect(words(results)).toEqual(['SINK_ID_INVALID', 'SINK_DOCUMENT_REJECTED', 'stored']);
      // Nobody else's document was met, and the good one beside them is there.
      const after = await documentsOf(collection).toArray();
      expect(after.filter(({ _id }) => _id !== 'zinc')).toEqual(before);
      expect(after).toHaveLength(before.length + 1);
    });
  });

  it('[S6] are plain text when they are text', async () => {
    const sink = sinkOf('operators_text', updating);
    const texts = ['{"$ne":null}', '$where', 'a.b', '.*', "'; return true; //"];
    await sink.write([record(1)], BOUND);
    const batch = texts.map((metal, index) => record(index, { metal, price: 7 }));
    expect(tally(await sink.write(batch, BOUND))).toEqual({ stored: texts.length });
    const stored = await documentsOf('operators_text').toArray();
    expect(stored.map(({ _id }) => _id)).toEqual(['gold', ...texts].sort());
    expect(stored.find(({ _id }) => _id === 'gold')).toMatchObject({ price: 1 });
  });
});

describe('an id that a producer chooses [S7]', () => {
  it('[S7] of two producers with one id the first one stays', async () => {
    const sinks = [sinkOf('chosen', byMetal), sinkOf('chosen', byMetal)] as const;
    expect(words(await sinks[0].write([record(1, { price: 'first' })], BOUND))).toEqual(['stored']);
    const others = [record(2, { price: 'second' }), record(3, { price: 'third' })];
    expect(words(await sinks[1].write(others, BOUND))).toEqual(['duplicate', 'duplicate']);
    expect(await documentsOf('chosen').toArray()).toEqual([{ _id: 'gold', price: 'first' }]);
  });

  it('[S7] an _id or a version in the body changes neither identity nor version', async () => {
    const copying: SinkOptions = { ...guarding, document: (event) => ({ ...event }) };
    const sink = sinkOf('claimed', copying);
    await sink.write([record(1, { metal: 'victim', price: 'mine', at: 5 })], BOUND);
    const claim = { metal: 'attacker', price: 'other', at: 9, _id: 'victim', _v: new Date(0) };
    expect(words(await sink.write([hostile(2, claim)], BOUND))).toEqual(['stored']);
    expect(await documentsOf('claimed').toArray()).toMatchObject([
      { _id: 'attacker', price: 'other', _v: new Date(9) },
      { _id: 'victim', price: 'mine', _v: new Date(5) },
    ]);
  });
});

describe('values that a database would change without a word [S10]', () => {
  it.each(SINKS)(
    '[S10] an invalid date is refused by the %s sink, never stored',
    async (name, options) => {
      const collection = `dates_${name}`;
      const sink = sinkOf(collection, options);
      const batch = [
        record(1, { price: new Date('2026-01-05T10:00:00Z') }),
        record(2, { metal: 'tin', price: new Date('the day before yesterday') }),
        record(3, { metal: 'zinc', price: { since: [new Date(Number.NaN)] } }),
      ];
      const rejected = 'SINK_DOCUMENT_REJECTED';
      expect(words(await sink.write(batch, BOUND))).toEqual(['stored', rejected, rejected]);
      expect(await documentsOf(collection).toArray()).toMatchObject([
        { _id: 'gold', price: new Date('2026-01-05T10:00:00Z') },
      ]);
    },
  );

  it('[S10] an integer of 64 bits is stored to the last digit, and one of 65 is refused', async () => {
    const sink = sinkOf('integers', byMetal);
    const batch = [
      record(1, { metal: 'a', price: 9_007_199_254_740_993n }),
      record(2, { metal: 'b', price: 2n ** 63n - 1n }),
      record(3, { metal: 'c', price: '9007199254740993' }),
      record(4, { metal: 'd', price: 2n ** 63n }),
    ];
    expect(words(await sink.write(batch, BOUND)).pop()).toBe('SINK_DOCUMENT_REJECTED');
    const stored = await database.db
      .collection('integers')
      .find({}, { useBigInt64: true, sort: { _id: 1 } })
      .toArray();
    expect(stored.map(({ price }) => price as unknown)).toEqual([
      9_007_199_254_740_993n,
      2n ** 63n - 1n,
      '9007199254740993',
    ]);
  });
});
