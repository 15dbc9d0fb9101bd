import { BOUND, aDatabasePerFile, guarding, record, sinkOn, words } from './mongo-server';

const database = aDatabasePerFile();

describe('a guarded sink with deletions on a real server', () => {
  it('[DEL-03] a deletion keeps a late older event from bringing the document back', async () => {
    const deleting = { ...guarding, deleted: ({ price }: { price: unknown }) => price === null };
    const sink = sinkOn(database.client, database.name, { ...deleting, collection: 'deleted' });
    const write = async (at: number, price: unknown) =>
      words(await sink.write([record(at, { at, price })], BOUND))[0];
    expect([await write(5, 1), await write(7, null), await write(6, 2)]).toEqual([
      'stored',
      'stored',
      'stale',
    ]);
    expect(await database.db.collection('deleted').find().toArray()).toEqual([
      { _id: 'gold', _deleted: true, _deletedAt: expect.any(Date) as Date, _v: new Date(7) },
    ]);
    expect(await write(8, 3)).toBe('stored');
    expect(await database.db.collection('deleted').findOne()).not.toHaveProperty('_deleted');
  });
});
