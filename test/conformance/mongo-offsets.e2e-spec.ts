import { Module } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { defineContract, encodeEvent } from 'millrace/contracts';
import { MongoModule, MongoOffsetStore, MongoSink, OFFSETS_COLLECTION } from 'millrace/mongo';
import {
  PipelineEvents,
  PipelineModule,
  PipelineRuntime,
  deadLetterTopicOf,
} from 'millrace/pipeline';
import type { SliceFinished } from 'millrace/pipeline';
import { systemClock } from 'millrace/retry';
import { MemoryBroker, MemoryBrokerDownError, MemoryDriver, eventually } from 'millrace/testing';
import { MongoClient } from 'mongodb';
import type { Db } from 'mongodb';
import { z } from 'zod';
import { startMongoApp } from './mongo-app';
import { CLIENT_OPTIONS, mongoUri, newDatabaseName } from './mongo-server';

const GROUP = 'ledger-store';
const TOPIC = 'ledger-lines';
const PARTITIONS = 2;
const Line = defineContract({
  name: 'ledger.line.booked',
  version: 1,
  topic: TOPIC,
  key: ({ account }: { readonly account: string }) => account,
  schema: z.object({ account: z.string(), id: z.string(), amount: z.number() }),
});

@MongoSink(Line, {
  groupId: GROUP,
  collection: 'lines',
  offsets: 'transaction',
  id: (line) => line.id,
  document: ({ account, amount }) => ({ account, amount }),
})
class LineSink {}

@Module({
  imports: [PipelineModule.forRoot({ service: 'ledger' }), MongoModule.forRoot()],
  providers: [LineSink],
})
class LedgerModule {}

let client: MongoClient;
let database: string;
let db: Db;
let broker: MemoryBroker;
let apps: INestApplication[];
let slices: SliceFinished[];

beforeAll(async () => {
  client = await MongoClient.connect(mongoUri, CLIENT_OPTIONS);
});

beforeEach(() => {
  database = newDatabaseName();
  db = client.db(database);
  broker = new MemoryBroker({ clock: systemClock, defaultPartitions: PARTITIONS });
  apps = [];
  slices = [];
});

afterEach(async () => {
  await Promise.all(apps.map((app) => app.close()));
  await db.dropDatabase();
});

afterAll(async () => {
  await client.close();
});

async function start(): Promise<INestApplication> {
  const app = await startMongoApp(LedgerModule, new MemoryDriver({ broker }), database);
  app.get(PipelineEvents).on('finished', (slice) => slices.push(slice));
  apps.push(app);
  return app;
}

async function stop(app: INestApplication): Promise<void> {
  await app.close();
  apps = apps.filter((one) => one !== app);
}

function book(from: number, count: number): void {
  for (let index = from; index < from + count; index += 1) {
    const event = { account: `account-${index % 7}`, id: `line-${index}`, amount: index };
    const options = { eventId: event.id, source: 'test', nowMs: Date.now() };
    broker.append(TOPIC, encodeEvent(Line, event, options));
  }
}

const pause = (ms: number) => new Promise((wake) => setTimeout(wake, ms));
const stored = () => db.collection('lines').countDocuments();
const untilStored = (count: number) =>
  eventually(async () => (await stored()) === count, { what: `${count} lines`, timeoutMs: 20_000 });

/** Next offsets: as the database has them, and where the log ends. */
async function positions(): Promise<{ stored: bigint[]; ends: bigint[] }> {
  const documents = await db.collection(OFFSETS_COLLECTION).find().sort({ partition: 1 }).toArray();
  const ends = Array.from({ length: PARTITIONS }, (_, partition) => {
    return broker.findLog({ topic: TOPIC, partition })?.end ?? 0n;
  });
  return { stored: documents.map(({ next }) => BigInt(String(next ?? 0))), ends };
}

const committed = () => new MemoryDriver({ broker }).admin().committed(GROUP, TOPIC);
const handled = () => slices.reduce((sum, { records }) => sum + records, 0);

describe('offsets in the transaction of the data', () => {
  it('[DEL-04] the position is stored with the data, and committed for those who look at lag', async () => {
    await start();
    book(0, 500);
    await untilStored(500);
    const found = await positions();
    expect(found.stored).toEqual(found.ends);
    await eventually(async () =>
      [...(await committed()).values()].every((n, p) => n === found.ends[p]),
    );
  });

  it('[DEL-04] a restart reads on where the database says, whatever the group has committed', async () => {
    const first = await start();
    book(0, 300);
    await untilStored(300);
    await stop(first);
    const admin = new MemoryDriver({ broker }).admin();
    const toBegin = [0, 1].map((partition) => ({ topic: TOPIC, partition, next: 0n }));
    await admin.setCommitted(GROUP, toBegin);
    slices = [];
    await start();
    book(300, 50);
    await untilStored(350);
    await eventually(() => handled() === 50);
    expect(slices.every(({ outcomes }) => outcomes.duplicate === undefined)).toBe(true);
    // And backwards: what the database takes back is read again.
    const [app] = apps;
    if (app !== undefined) await stop(app);
    await db.collection('lines').deleteMany({});
    await db.collection(OFFSETS_COLLECTION).updateMany({}, { $set: { next: 0 } });
    await start();
    await untilStored(350);
  });

  it('[DEL-04] the transaction of a process whose partitions were claimed by another one stores nothing', async () => {
    const app = await start();
    book(0, 20);
    await untilStored(20);
    const other = new MongoOffsetStore({
      connection: {
        collection: (name: string) => db.collection(name) as never,
        startSession: () => client.startSession(),
        killSession: async (id) => void (await db.admin().command({ killSessions: [{ id }] })),
      },
      writeTimeoutMs: 10_000,
      clock: systemClock,
    });
    const all = [0, 1].map((partition) => ({ topic: TOPIC, partition }));
    // A group that has just begun may join once more, and would claim after the other one.
    await eventually(() => app.get(PipelineRuntime).isSettled);
    await pause(300);
    const claimed = await other.claim(GROUP, all);
    expect(claimed.map(({ next }) => next)).toEqual((await positions()).ends);
    const fences = async () =>
      (await db.collection(OFFSETS_COLLECTION).find().sort({ partition: 1 }).toArray()).map(
        ({ fence }) => Number(fence),
      );
    const before = await fences();
    book(20, 200);
    // It notices, joins anew, claims again and goes on where the position is.
    await untilStored(220);
    const after = await fences();
    expect(after.every((fence, index) => fence > (before[index] ?? 0))).toBe(true);
    expect(await other.advance(GROUP, [{ topic: TOPIC, partition: 0, next: 999n }])).toBe('lost');
    const found = await positions();
    expect(found.stored).toEqual(found.ends);

    await other.close();
  });

  it('[DEL-04] a record that fails keeps the position before it until it is a dead letter', async () => {
    broker.createTopic({ topic: TOPIC, partitions: PARTITIONS });
    await db.createCollection('lines', { validator: { amount: { $ne: 105 } } });
    book(0, 200);
    // Written by something else: no event of the contract.
    broker.append(TOPIC, { key: null, value: Buffer.from('{'), headers: [] });
    // The same event twice: a duplicate spoils a transaction and is found.
    book(50, 1);
    await start();
    await untilStored(199);
    const found = await positions();
    await eventually(async () => {
      expect((await positions()).stored).toEqual(found.ends);
      expect(broker.records(deadLetterTopicOf(TOPIC))).toHaveLength(2);
      return true;
    });
    const outcomes = slices.map(({ outcomes: { duplicate = 0 } }) => duplicate);
    expect(outcomes.reduce((sum, count) => sum + count, 0)).toBe(1);
  });

  it('[DEL-04] nothing behind a record that fails is stored while its dead letter cannot be written', async () => {
    broker.createTopic({ topic: TOPIC, partitions: PARTITIONS });
    await db.createCollection('lines', { validator: { amount: { $ne: 105 } } });
    book(0, 200);
    const bad = broker.records(TOPIC).find(({ value }) => String(value).includes('line-105'));
    const { partition = -1, offset = -1n } = bad ?? {};
    const append = broker.append.bind(broker);
    const blocked = jest.spyOn(broker, 'append').mockImplementation((topic, record) => {
      if (topic === deadLetterTopicOf(TOPIC)) throw new MemoryBrokerDownError();
      return append(topic, record);
    });
    await start();
    const other = broker.records(TOPIC).filter((record) => record.partition !== partition).length;
    const before = Number(offset);
    await untilStored(other + before);
    await pause(500);
    expect(await stored()).toBe(other + before);
    expect((await positions()).stored[partition]).toBe(offset);
    blocked.mockRestore();
    await untilStored(199);
    expect(broker.records(deadLetterTopicOf(TOPIC))).toHaveLength(1);
  });
});
