import type { MongoConnection } from 'millrace/mongo';
import { JOBS_COLLECTION, MongoAuditLog, MongoJobStore } from 'millrace/mongo';
import { systemClock } from 'millrace/retry';
import type { FaultProxy } from 'millrace/testing';
import { FakeClock, describeAuditLog, describeJobStore } from 'millrace/testing';
import { MongoClient } from 'mongodb';
import type { Db } from 'mongodb';
import { CLIENT_OPTIONS, mongoProxy, mongoUri, newDatabaseName, uriOf } from './mongo-server';

const databaseName = newDatabaseName();
const OPTIONS = { writeTimeoutMs: 20_000 };
/** Each stands for a process of its own. */
const clients: MongoClient[] = [];
let db: Db;

const connect = async (uri = mongoUri): Promise<Pick<MongoConnection, 'collection'>> => {
  const client = await MongoClient.connect(uri, {
    ...CLIENT_OPTIONS,
    serverSelectionTimeoutMS: 500,
  });
  clients.push(client);
  return { collection: ((name: string) => client.db(databaseName).collection(name)) as never };
};

beforeAll(async () => {
  const client = await MongoClient.connect(mongoUri, CLIENT_OPTIONS);
  clients.push(client);
  db = client.db(databaseName);
});

afterEach(async () => {
  await db.dropDatabase();
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
});

describe('the job store on a real server', () => {
  // The lease is counted by the clock of the process, not by that of the server.
  const clock = new FakeClock();

  describeJobStore({
    open: async () => new MongoJobStore(await connect(), OPTIONS, clock),
    advance: (ms) => clock.advance(ms),
  });

  it('the database itself refuses a second active job of a selection', async () => {
    const store = new MongoJobStore(await connect(), OPTIONS, clock);
    const audit = { by: 'ada', reason: 'healed', at: new Date(0) };
    const order = { id: 'a', kind: 'redrive', selection: 's', spec: 1, progress: 1 } as const;
    await store.create({ ...order, audit });
    const [document] = await db.collection(JOBS_COLLECTION).find().toArray();
    const second = { ...document, _id: 'b' as never };
    await expect(db.collection(JOBS_COLLECTION).insertOne(second)).rejects.toMatchObject({
      code: 11000,
    });
  });

  it('answers with a coded error while the server is away', async () => {
    const proxy: FaultProxy = await mongoProxy();
    const store = new MongoJobStore(await connect(uriOf(proxy)), OPTIONS, systemClock);
    await store.list();
    proxy.down();
    const away = { failure: 'infrastructure' };
    await expect(store.claim(['redrive'], 'one', 1_000)).rejects.toMatchObject(away);
    await expect(store.get('a')).rejects.toMatchObject(away);
    await proxy.close();
  });
});

describe('the audit log on a real server', () => {
  describeAuditLog({
    open: async () => new MongoAuditLog(await connect(), OPTIONS, systemClock),
  });
});
