import { MongoNetworkError, MongoServerError } from 'mongodb';
import { FakeClock } from 'millrace/testing';
import { WRITE_BOUND, quoteRecord, quoteRecords, sinkOver, words } from './mongo-sink.fixture';
import type { Quote } from './mongo-sink.fixture';
import type { SliceReport } from './mongo.metrics';
import { ScriptedCollection, callFailure } from './scripted-collection.fixture';

const fails = (error: Error) => () => {
  throw error;
};

describe('the inserting sink', () => {
  it('stores a replayed slice once and calls the repeats duplicates [DEL-02]', async () => {
    const collection = new ScriptedCollection();
    const sink = sinkOver(collection);
    await sink.write(quoteRecords(3), WRITE_BOUND);
    expect(words(await sink.write(quoteRecords(4), WRITE_BOUND))).toEqual([
      'duplicate',
      'duplicate',
      'duplicate',
      'stored',
    ]);
    expect(collection.documents.size).toBe(4);
  });

  it('sends at most one operation per id in a bulk', async () => {
    const collection = new ScriptedCollection();
    const twice = [quoteRecord(1, { price: 'first' }), quoteRecord(2), quoteRecord(1)];
    expect(words(await sinkOver(collection).write(twice, WRITE_BOUND))).toEqual([
      'stored',
      'stored',
      'duplicate',
    ]);
    expect(collection.calls).toEqual([['event-1', 'event-2']]);
    expect(collection.documents.get('event-1')).toMatchObject({ price: 'first' });
  });

  it('does not call a record a duplicate of one that was not stored', async () => {
    const collection = new ScriptedCollection().next(fails(new MongoNetworkError('reset')));
    const twice = [quoteRecord(1), quoteRecord(1)];
    expect(words(await sinkOver(collection).write(twice, WRITE_BOUND))).toEqual([
      'SINK_UNAVAILABLE',
      'SINK_UNAVAILABLE',
    ]);
  });

  it('gives a repeat of a refused record its own try', async () => {
    const collection = new ScriptedCollection();
    const twice = [quoteRecord(1, { price: { $where: 1 } }), quoteRecord(1)];
    expect(words(await sinkOver(collection).write(twice, WRITE_BOUND))).toEqual([
      'SINK_DOCUMENT_REJECTED',
      'stored',
    ]);
    const refused = new ScriptedCollection().fail('event-1', { code: 121 });
    const results = await sinkOver(refused).write([quoteRecord(1), quoteRecord(1)], WRITE_BOUND);
    expect(words(results)).toEqual(['SINK_DOCUMENT_REJECTED', 'SINK_DOCUMENT_REJECTED']);
    expect(refused.calls).toEqual([['event-1'], ['event-1']]);
  });

  it('writes in bulks of at most 1,000 records, and smaller ones when told so', async () => {
    const collection = new ScriptedCollection();
    await sinkOver(collection).write(quoteRecords(2_500), WRITE_BOUND);
    expect(collection.calls.map(({ length }) => length)).toEqual([1_000, 1_000, 500]);
    const small = new ScriptedCollection();
    await sinkOver(small, { window: { maxRecords: 2 } }).write(quoteRecords(5), WRITE_BOUND);
    expect(small.calls.map(({ length }) => length)).toEqual([2, 2, 1]);
  });

  it('keeps what earlier bulks stored when a later one fails, and sends no further ones', async () => {
    const collection = new ScriptedCollection();
    collection.next(collection.apply, fails(callFailure(new MongoNetworkError('reset'))));
    const results = await sinkOver(collection, { window: { maxRecords: 2 } }).write(
      quoteRecords(6),
      WRITE_BOUND,
    );
    expect(words(results)).toEqual([
      'stored',
      'stored',
      ...new Array<string>(4).fill('SINK_UNAVAILABLE'),
    ]);
    expect(collection.calls).toHaveLength(2);
  });

  it('isolates a document that the driver cannot serialise: 999 stored, 1 refused [S8] [F12]', async () => {
    const collection = new ScriptedCollection();
    const batch = quoteRecords(1_000);
    batch[617] = quoteRecord(617, { price: { toBSON: () => fails(new TypeError('no'))() } });
    const results = words(await sinkOver(collection).write(batch, WRITE_BOUND));
    expect(results[617]).toBe('SINK_DOCUMENT_REJECTED');
    expect(results.filter((word) => word === 'stored')).toHaveLength(999);
    expect(collection.documents.size).toBe(999);
    expect(collection.calls.length).toBeLessThanOrEqual(21);
  });

  it('does not blame a document for an error that has nothing to do with it', async () => {
    const broken = fails(new TypeError('a bug of the driver'));
    const collection = new ScriptedCollection().next(broken, broken, broken);
    expect(words(await sinkOver(collection).write(quoteRecords(2), WRITE_BOUND))).toEqual([
      'SINK_UNAVAILABLE',
      'SINK_UNAVAILABLE',
    ]);
  });

  it('narrows a call that the server refused as a whole for a permanent reason', async () => {
    const collection = new ScriptedCollection();
    const tooLarge = new MongoServerError({ message: 'refused', code: 10334 });
    const refuseIfIn = (operations: Parameters<typeof collection.apply>[0]) => {
      const hasGuilty = operations.some((one) => JSON.stringify(one).includes('event-2'));
      if (hasGuilty) throw callFailure(tooLarge);
      return collection.apply(operations);
    };
    collection.next(...new Array(10).fill(refuseIfIn));
    expect(words(await sinkOver(collection).write(quoteRecords(4), WRITE_BOUND))).toEqual([
      'stored',
      'stored',
      'SINK_DOCUMENT_TOO_LARGE',
      'stored',
    ]);
  });

  it.each([
    ['no text', () => 7 as never],
    ['empty', () => ''],
    ['longer than 256 bytes', () => 'é'.repeat(129)],
    ['with a control character', () => 'a\u0000b'],
  ])('refuses an id that is %s and stores the others', async (_, bad) => {
    const collection = new ScriptedCollection();
    const id = ({ at }: Quote) => (at === 1 ? bad() : `id-${at}`);
    expect(words(await sinkOver(collection, { id }).write(quoteRecords(3), WRITE_BOUND))).toEqual([
      'stored',
      'SINK_ID_INVALID',
      'stored',
    ]);
  });

  it('keeps a bug in id or document to the record that meets it', async () => {
    const collection = new ScriptedCollection();
    const document = ({ at }: Quote) => {
      if (at === 1) throw new TypeError('undefined is not a price');
      return { at };
    };
    const results = await sinkOver(collection, { document }).write(quoteRecords(3), WRITE_BOUND);
    expect(words(results)).toEqual([
      'stored',
      'no code: TypeError: undefined is not a price',
      'stored',
    ]);
  });

  it('never changes the event, and never sends one object for two records', async () => {
    const collection = new ScriptedCollection();
    const same = { source: 'constant' };
    const batch = quoteRecords(2);
    await sinkOver(collection, { document: (event) => event }).write(batch, WRITE_BOUND);
    expect(batch.map(({ event }) => Object.keys(event))).toEqual([
      ['metal', 'price', 'at'],
      ['metal', 'price', 'at'],
    ]);
    const constant = new ScriptedCollection();
    await sinkOver(constant, { document: () => same }).write(quoteRecords(3), WRITE_BOUND);
    expect([...constant.documents.keys()]).toEqual(['event-0', 'event-1', 'event-2']);
    const frozen = new ScriptedCollection();
    await sinkOver(frozen, { document: () => Object.freeze({ a: 1 }) }).write(batch, WRITE_BOUND);
    expect(frozen.documents.size).toBe(2);
  });

  it('gives up a server that does not answer after the write timeout', async () => {
    const clock = new FakeClock();
    const collection = new ScriptedCollection();
    collection.bulkWrite = () => new Promise(() => undefined);
    const writing = sinkOver(collection, {}, { clock }).write(quoteRecords(2), WRITE_BOUND);
    await clock.advance(10_000);
    expect(words(await writing)).toEqual(['SINK_UNAVAILABLE', 'SINK_UNAVAILABLE']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends at once when its signal fires, with the reason of the signal', async () => {
    const collection = new ScriptedCollection();
    collection.bulkWrite = () => new Promise(() => undefined);
    const abort = new AbortController();
    const bound = { signal: abort.signal, deadlineMs: 1_000 };
    const writing = sinkOver(collection).write(quoteRecords(1), bound);
    abort.abort(new Error('revoked'));
    expect(words(await writing)).toEqual(['no code: Error: revoked']);
  });

  it('reports each bulk once, by outcome', async () => {
    const collection = new ScriptedCollection();
    await sinkOver(collection).write(quoteRecords(1), WRITE_BOUND);
    const reports: unknown[] = [];
    // What is known at the time of the report counts, not what becomes of the array later.
    const observe = ({ results, from, to, pipeline, sink }: SliceReport) =>
      void reports.push([pipeline, sink, ...words(results.slice(from, to))]);
    const sink = sinkOver(collection, { window: { maxRecords: 2 } }, { metrics: { observe } });
    await sink.write(quoteRecords(3), WRITE_BOUND);
    expect(reports).toEqual([
      ['metals', 'QuoteSink', 'duplicate', 'stored'],
      ['metals', 'QuoteSink', 'stored'],
    ]);
  });
});
