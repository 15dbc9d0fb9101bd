import type { MongoSinkOptions } from 'millrace/mongo';
import { MongoSinkFactory } from 'millrace/mongo';
import { systemClock } from 'millrace/retry';
import { describeSink } from 'millrace/testing';
import type { FaultProxy, SinkUnderTest, SuiteEvent } from 'millrace/testing';
import { MongoClient } from 'mongodb';
import { CLIENT_OPTIONS, mongoProxy, mongoUri, newDatabaseName, uriOf } from './mongo-server';

type SuiteSinkOptions = Omit<MongoSinkOptions<SuiteEvent>, 'groupId' | 'collection' | 'model'>;

const databaseName = newDatabaseName();
let proxy: FaultProxy;
/** Writes through the proxy, which can be cut. */
let client: MongoClient;
/** Reads past it. */
let witness: MongoClient;
let collections = 0;

beforeAll(async () => {
  proxy = await mongoProxy();
  client = await MongoClient.connect(uriOf(proxy), {
    ...CLIENT_OPTIONS,
    serverSelectionTimeoutMS: 500,
  });
  witness = await MongoClient.connect(mongoUri, CLIENT_OPTIONS);
});

afterAll(async () => {
  await witness.db(databaseName).dropDatabase();
  await witness.close();
  await proxy.close();
  await client.close();
});

function underTest(options: SuiteSinkOptions): SinkUnderTest {
  collections += 1;
  const collection = `suite_${collections}`;
  const db = client.db(databaseName);
  const connection = {
    collection: ((name: string) => db.collection(name)) as never,
    probe: async () => void (await db.command({ ping: 1 })),
  };
  const sink = new MongoSinkFactory(connection, { writeTimeoutMs: 5_000 }, systemClock).create(
    { collection, pipeline: 'suite', sink: 'SuiteSink' },
    { groupId: 'suite', collection, ...options },
  );
  const stored = async () => {
    const documents = await witness.db(databaseName).collection(collection).find().toArray();
    return new Map(documents.map(({ _id, value }) => [String(_id), value as number]));
  };
  return { sink, stored };
}

describeSink('the MongoDB sink on a real server', {
  createSink: () =>
    underTest({
      id: (_event, { eventId }) => eventId,
      document: ({ key, value }) => ({ key, value }),
    }),
  createGuardedSink: () =>
    underTest({
      id: ({ key }) => key,
      version: ({ version }) => version,
      document: ({ value }) => ({ value }),
    }),
  // A field name that MongoDB does not take.
  refused: () => ({ key: { $where: 1 } as never, version: 1, value: 0 }),
  outage: {
    down: () => proxy.down(),
    up: () => proxy.mend(),
  },
});
