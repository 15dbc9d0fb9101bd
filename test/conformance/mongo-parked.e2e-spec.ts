import type { MongoConnection } from 'millrace/mongo';
import { MongoParkedLetters, PARKED_COLLECTION } from 'millrace/mongo';
import { systemClock } from 'millrace/retry';
import { describeParkedLetters } from 'millrace/testing';
import { MongoClient } from 'mongodb';
import { CLIENT_OPTIONS, aDatabasePerFile, mongoProxy, mongoUri, uriOf } from './mongo-server';

const database = aDatabasePerFile();
/** Each stands for a process of its own. */
const clients: MongoClient[] = [];

async function open(uri = mongoUri): Promise<MongoParkedLetters> {
  const options = { ...CLIENT_OPTIONS, serverSelectionTimeoutMS: 500 };
  const client = await MongoClient.connect(uri, options);
  clients.push(client);
  const connection: Pick<MongoConnection, 'collection'> = {
    collection: ((name: string) => client.db(database.name).collection(name)) as never,
  };
  return new MongoParkedLetters(connection, { writeTimeoutMs: 20_000 }, systemClock);
}

afterEach(async () => {
  await database.db.dropDatabase();
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

describe('parked letters on a real server', () => {
  const letter = { topic: 'prices.dead-letter', partition: 0, offset: 3n, timestampMs: 5 };
  const audit = (reason: string) => ({ by: 'ops', reason, at: new Date(1_700_000_000_000) });

  describeParkedLetters({ open });

  it('[RD10] who parked and unparked, when and why, stays', async () => {
    const store = await open();
    await store.park([letter], audit('first'));
    await store.unpark([letter], audit('second'));
    await store.park([letter], audit('third'));
    const [document] = await database.db.collection(PARKED_COLLECTION).find().toArray();
    expect(document?.['history']).toEqual([
      { change: 'park', ...audit('first') },
      { change: 'unpark', ...audit('second') },
      { change: 'park', ...audit('third') },
    ]);
  });

  it('answers with a coded error while the server is away', async () => {
    const proxy = await mongoProxy();
    const store = await open(uriOf(proxy));
    await store.park([letter], audit('x'));
    proxy.down();
    const away = { failure: 'infrastructure' };
    await expect(store.park([letter], audit('y'))).rejects.toMatchObject(away);
    await expect(store.find({ ...letter, from: 0n, to: 9n })).rejects.toMatchObject(away);
    await proxy.close();
  });
});
