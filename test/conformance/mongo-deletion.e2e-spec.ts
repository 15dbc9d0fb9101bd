import { MongoClient } from 'mongodb';
import type { Db } from 'mongodb';
import {
  BOUND,
  CLIENT_OPTIONS,
  mongoUri,
  newDatabaseName,
  record,
  sinkOn,
  words,
} from './mongo-server';
import type { SinkOptions } from './mongo-server';

const databaseName = newDatabaseName();
let client: MongoClient;
let db: Db;

beforeAll(async () => {
  client = await MongoClient.connect(mongoUri, CLIENT_OPTIONS);
  db = client.db(databaseName);
});

afterAll(async () => {
  await db.dropDatabase();
  await client.close();
});

const guarding: SinkOptions = {
  id: ({ metal }) => metal,
  version: ({ at }) => new Date(at),
  document: ({ price, at }) => ({ price, at }),
};

describe('a guarded sink with deletions on a real server', () => {
  it('[DEL-03] a deletion keeps a late older event from bringing the document back', async () => {
    const deleting = { ...guarding, deleted: ({ price }: { price: unknown }) => price === null };
    const sink = sinkOn(client, databaseName, { ...deleting, collection: 'deleted' });
    const write = async (at: number, price: unknown) =>
      words(await sink.write([record(at, { at, price })], BOUND))[0];
    expect([await write(5, 1), await write(7, null), await write(6, 2)]).toEqual([
      'stored',
      'stored',
      'stale',
    ]);
    expect(await db.collection('deleted').find().toArray()).toEqual([
      { _id: 'gold', _deleted: true, _deletedAt: expect.any(Date) as Date, _v: new Date(7) },
    ]);
    expect(await write(8, 3)).toBe('stored');
    expect(await db.collection('deleted').findOne()).not.toHaveProperty('_deleted');
  });
});
