import type { MongoConnection } from 'millrace/mongo';
import {
  CONTROL_COLLECTION,
  INBOX_COLLECTION,
  MongoControlStore,
  MongoInbox,
} from 'millrace/mongo';
import type { Audit, StoppedLine } from 'millrace/pipeline';
import { REPORT_KEEP_MS } from 'millrace/pipeline';
import { systemClock } from 'millrace/retry';
import type { FaultProxy } from 'millrace/testing';
import { describeControlStore } from 'millrace/testing';
import { MongoClient } from 'mongodb';
import type { Db } from 'mongodb';
import {
  BOUND,
  CLIENT_OPTIONS,
  mongoProxy,
  mongoUri,
  newDatabaseName,
  uriOf,
} from './mongo-server';

const databaseName = newDatabaseName();
const GROUP = 'mail/sender';
const audit = (reason: string, at = new Date(1_700_000_000_000)): Audit => ({
  by: 'ops',
  reason,
  at,
});
/** Each stands for a process of its own. */
const clients: MongoClient[] = [];
let db: Db;

const connectionOf = (client: MongoClient): Pick<MongoConnection, 'collection'> => ({
  collection: ((name: string) => client.db(databaseName).collection(name)) as never,
});
const newClient = async (uri = mongoUri, serverSelectionTimeoutMS = 3_000) => {
  const client = await MongoClient.connect(uri, { ...CLIENT_OPTIONS, serverSelectionTimeoutMS });
  clients.push(client);
  return client;
};
const newInbox = async (uri?: string) =>
  new MongoInbox(connectionOf(await newClient(uri, 500)), { writeTimeoutMs: 20_000 }, systemClock);
const newStore = async (uri?: string) =>
  new MongoControlStore(
    connectionOf(await newClient(uri, 500)),
    { writeTimeoutMs: 20_000 },
    systemClock,
  );

beforeAll(async () => {
  db = (await newClient()).db(databaseName);
});

afterEach(async () => {
  await db.dropDatabase();
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
});

describe('the inbox on a real server', () => {
  const ids = Array.from({ length: 2_300 }, (_, index) => `event-${index}`);

  it('[DEL-05] what one process remembered another one knows, also after a restart', async () => {
    const inbox = await newInbox();
    expect(await inbox.known(GROUP, ids, BOUND)).toEqual(new Set());
    await inbox.remember(GROUP, ids.slice(0, 1_500), BOUND);
    const known = await (await newInbox()).known(GROUP, ids, BOUND);
    expect([...known]).toEqual(ids.slice(0, 1_500));
    expect(await db.collection(INBOX_COLLECTION).countDocuments()).toBe(1_500);
  });

  it('[DEL-05] an event twice, in one call or in two processes at once, is remembered once', async () => {
    const inboxes = [await newInbox(), await newInbox()];
    await Promise.all(inboxes.map((inbox) => inbox.remember(GROUP, ['a', 'b', 'a'], BOUND)));
    await inboxes[0]?.remember(GROUP, ['b', 'c'], BOUND);
    const documents = await db.collection(INBOX_COLLECTION).find().sort({ _id: 1 }).toArray();
    expect(documents.map(({ _id }) => String(_id))).toEqual([
      `${GROUP}/a`,
      `${GROUP}/b`,
      `${GROUP}/c`,
    ]);
    expect(documents.every(({ rememberedAt }) => rememberedAt instanceof Date)).toBe(true);
  });

  it('keeps groups apart', async () => {
    const inbox = await newInbox();
    await inbox.remember('audit', ['a'], BOUND);
    expect(await inbox.known('mail', ['a'], BOUND)).toEqual(new Set());
    expect(await inbox.known('audit', ['a'], BOUND)).toEqual(new Set(['a']));
  });

  it('answers with a coded error while the server is away, and works afterwards', async () => {
    const proxy: FaultProxy = await mongoProxy();
    const inbox = await newInbox(uriOf(proxy));
    await inbox.remember(GROUP, ['a'], BOUND);
    proxy.down();
    const away = { code: 'SINK_UNAVAILABLE', failure: 'infrastructure' };
    await expect(inbox.remember(GROUP, ['b'], BOUND)).rejects.toMatchObject(away);
    await expect(inbox.known(GROUP, ['a'], BOUND)).rejects.toMatchObject(away);
    proxy.mend();
    await inbox.remember(GROUP, ['b'], BOUND);
    expect(await inbox.known(GROUP, ['a', 'b', 'c'], BOUND)).toEqual(new Set(['a', 'b']));
    await proxy.close();
  });

  it('a call whose signal fired changes nothing and rejects with its reason', async () => {
    const inbox = await newInbox();
    const signal = AbortSignal.abort(new Error('revoked'));
    const given = { ...BOUND, signal };
    await expect(inbox.remember(GROUP, ['a'], given)).rejects.toThrow('revoked');
    expect(await inbox.known(GROUP, ['a'], BOUND)).toEqual(new Set());
  });
});

describe('the control store on a real server', () => {
  const line: StoppedLine = {
    groupId: GROUP,
    serviceVersion: '1.2.3',
    at: new Date(1_700_000_000_000),
    causes: [{ code: 'CONTRACT_INVALID', count: 50 }],
  };

  describeControlStore({ open: newStore });

  it('[CON-09] who paused and resumed, when and why, stays', async () => {
    const store = await newStore();
    await store.pause({ groupId: GROUP }, audit('first', new Date(1)));
    await store.resume({ groupId: GROUP }, audit('second', new Date(2)));
    await store.pause({ groupId: GROUP }, audit('third', new Date(3)));
    const [document] = await db.collection(CONTROL_COLLECTION).find().toArray();
    expect(document?.['history']).toEqual([
      { change: 'pause', ...audit('first', new Date(1)) },
      { change: 'resume', ...audit('second', new Date(2)) },
      { change: 'pause', ...audit('third', new Date(3)) },
    ]);
    expect((await store.read()).pauses).toEqual([
      { groupId: GROUP, audit: audit('third', new Date(3)) },
    ]);
  });

  it('keeps a bounded past', async () => {
    const store = await newStore();
    for (let change = 0; change < 60; change += 1) {
      await store.pause({ groupId: GROUP }, audit(`${change}`));
    }
    const [document] = await db.collection(CONTROL_COLLECTION).find().toArray();
    const history = document?.['history'] as Audit[];
    expect(history).toHaveLength(50);
    expect(history.at(-1)?.reason).toBe('59');
  });

  it('forgets what processes said that have been gone for a day', async () => {
    const store = await newStore();
    const now = Date.now();
    const report = (process: string, at: number) =>
      store.report({ process, service: 's', serviceVersion: '1', at: new Date(at), groups: [] });
    await report('old', now - REPORT_KEEP_MS - 1_000);
    await report('young', now - REPORT_KEEP_MS + 60_000);
    await report('own', now);
    expect((await store.reports()).map(({ process }) => process)).toEqual(['own', 'young']);
  });

  it('answers with a coded error while the server is away', async () => {
    const proxy: FaultProxy = await mongoProxy();
    const store = await newStore(uriOf(proxy));
    await store.read();
    proxy.down();
    await expect(store.read()).rejects.toMatchObject({ failure: 'infrastructure' });
    await expect(store.stop(line)).rejects.toMatchObject({ failure: 'infrastructure' });
    await proxy.close();
  });
});
