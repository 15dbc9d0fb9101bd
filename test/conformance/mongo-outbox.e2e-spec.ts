import { Module } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { defineContract } from 'millrace/contracts';
import { defineError } from 'millrace/errors';
import { HealthRegistry } from 'millrace/health';
import { Metrics } from 'millrace/metrics';
import { MongoModule, OUTBOX_COLLECTION, Outbox, OutboxModule } from 'millrace/mongo';
import { PipelineModule } from 'millrace/pipeline';
import { systemClock } from 'millrace/retry';
import { MemoryBroker, MemoryDriver, eventually } from 'millrace/testing';
import { MongoClient } from 'mongodb';
import type { Db } from 'mongodb';
import { z } from 'zod';
import { startMongoApp } from './mongo-app';
import { CLIENT_OPTIONS, mongoUri, newDatabaseName } from './mongo-server';

interface Order {
  readonly customer: string;
  readonly number: number;
}

const orderContract = (name: string, topic: string) =>
  defineContract({
    ...{ name, version: 1, topic },
    key: ({ customer }: Order) => customer,
    schema: z.object({ customer: z.string(), number: z.number() }),
  });
const OrderPlaced = orderContract('shop.order.placed', 'shop-orders');
const OrderAudited = orderContract('shop.order.audited', 'shop-audit');

@Module({
  imports: [
    PipelineModule.forRoot({ service: 'shop' }),
    MongoModule.forRoot(),
    OutboxModule.forRoot({ publishes: [OrderPlaced], pollMs: 20, leaseMs: 400 }),
  ],
})
class ShopModule {}

/** What a broker answers to a record that is larger than its topic takes. */
class TooLargeError extends defineError({
  code: 'SHOP_EVENT_TOO_LARGE',
  failure: 'permanent',
  summary: 'the topic does not take it',
  likelyCause: 'a test',
  fix: 'none',
}) {}

let client: MongoClient;
let database: string;
let db: Db;
let broker: MemoryBroker;
let apps: INestApplication[];

beforeAll(async () => {
  client = await MongoClient.connect(mongoUri, CLIENT_OPTIONS);
});

beforeEach(() => {
  database = newDatabaseName();
  db = client.db(database);
  broker = new MemoryBroker({ clock: systemClock, defaultPartitions: 1 });
  apps = [];
});

afterEach(async () => {
  await Promise.all(apps.map((app) => app.close()));
  await db.dropDatabase();
});

afterAll(async () => {
  await client.close();
});

async function start(): Promise<{ readonly app: INestApplication; readonly outbox: Outbox }> {
  const app = await startMongoApp(ShopModule, new MemoryDriver({ broker }), database);
  apps.push(app);
  return { app, outbox: app.get(Outbox) };
}

const published = () =>
  broker.records(OrderPlaced.topic).map(({ value }) => JSON.parse(String(value)) as Order);
const numbers = () => published().map(({ number }) => number);
const pending = () => db.collection(OUTBOX_COLLECTION).countDocuments({ state: 'pending' });
const untilEmpty = () =>
  eventually(async () => (await pending()) === 0, { what: 'an empty outbox' });

async function place(outbox: Outbox, number: number, customer = 'ada'): Promise<string> {
  return outbox.transaction(async (session) => {
    const { eventId } = await outbox.publish(OrderPlaced, { customer, number }, { session });
    return eventId;
  });
}

describe('the outbox on a real server', () => {
  it('[PRO-05] publishes what was committed, in the order of the commits, with its event id', async () => {
    const { outbox } = await start();
    const ids: string[] = [];
    for (let number = 1; number <= 30; number += 1) ids.push(await place(outbox, number));
    await untilEmpty();
    expect(numbers()).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    const headers = broker.records(OrderPlaced.topic).map(({ headers: all }) => {
      return all.find(([name]) => name === 'ce_id')?.[1]?.toString();
    });
    expect(headers).toEqual(ids);
  });

  it('[PRO-05] a transaction that is given up leaves nothing', async () => {
    const { outbox } = await start();
    const givenUp = outbox.transaction(async (session) => {
      await outbox.publish(OrderPlaced, { customer: 'ada', number: 1 }, { session });
      throw new Error('no stock');
    });
    await expect(givenUp).rejects.toThrow('no stock');
    await place(outbox, 2);
    await untilEmpty();
    expect(numbers()).toEqual([2]);
    expect(await db.collection(OUTBOX_COLLECTION).countDocuments()).toBe(0);
  });

  it('[PRO-05] a transaction that began first and commits last comes last, and is not passed over', async () => {
    const { outbox } = await start();
    let commit = (): void => undefined;
    const held = new Promise<void>((resolve) => (commit = resolve));
    let began = (): void => undefined;
    const begun = new Promise<void>((resolve) => (began = resolve));
    const slow = outbox.transaction(async (session) => {
      // Of another key: nothing makes the two wait for each other.
      await outbox.publish(OrderPlaced, { customer: 'grace', number: 1 }, { session });
      began();
      await held;
    });
    await begun;
    await place(outbox, 2);
    await untilEmpty();
    expect(numbers()).toEqual([2]);
    commit();
    await slow;
    await untilEmpty();
    // Its order in the outbox is lower than that of what was published before.
    expect(numbers()).toEqual([2, 1]);
  });

  it('[PRO-05] of two transactions with one key that overlap the second begins again behind the first', async () => {
    const { outbox } = await start();
    const attempts = [0, 0];
    await Promise.all(
      attempts.map((_, index) =>
        outbox.transaction(async (session) => {
          attempts[index] = (attempts[index] ?? 0) + 1;
          await outbox.publish(OrderPlaced, { customer: 'ada', number: index }, { session });
          await new Promise((wake) => setTimeout(wake, 50));
        }),
      ),
    );
    await untilEmpty();
    expect(numbers().sort()).toEqual([0, 1]);
    expect(attempts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(2);
  });

  it('[PRO-05] an event that Kafka will never take is set aside and told, the others go on', async () => {
    const { app, outbox } = await start();
    const refuse = jest.spyOn(broker, 'append').mockImplementation((topic, record) => {
      if (String(record.value).includes('13')) throw new TooLargeError();
      return append(topic, record);
    });
    const append = MemoryBroker.prototype.append.bind(broker);
    for (const number of [12, 13, 14]) await place(outbox, number);
    await place(outbox, 15, 'grace');
    await untilEmpty();
    expect(numbers()).toEqual([12, 14, 15]);
    refuse.mockRestore();
    const [aside] = await db.collection(OUTBOX_COLLECTION).find().toArray();
    expect(aside).toMatchObject({ state: 'refused', error: { code: 'SHOP_EVENT_TOO_LARGE' } });
    const health = () =>
      app
        .get(HealthRegistry)
        .read()
        .find(({ name }) => name === 'outbox');
    await eventually(() => health()?.state['refused'] === 1, { timeoutMs: 15_000 });
    expect(health()).toMatchObject({ critical: false, state: { status: 'degraded' } });
    const page = await app.get(Metrics).registry.metrics();
    expect(page).toMatch(/pipeline_outbox_failures_total\{[^}]*reason="refused"[^}]*\} 1/);
    expect(page).toMatch(/pipeline_outbox_published_total\{[^}]*topic="shop-orders"[^}]*\} 3/);
  });

  it('[PRO-05] of several processes one relays, and another takes over', async () => {
    const { app: first, outbox } = await start();
    await place(outbox, 1);
    await untilEmpty();
    const { app: second } = await start();
    const relayOf = (app: INestApplication) =>
      app
        .get(HealthRegistry)
        .read()
        .find(({ name }) => name === 'outbox')?.state['relay'];
    expect([relayOf(first), relayOf(second)]).toEqual(['active', 'standby']);
    await place(outbox, 2);
    await first.close();
    apps = apps.filter((app) => app !== first);
    await eventually(() => relayOf(second) === 'active');
    await untilEmpty();
    expect(numbers()).toEqual([1, 2]);
  });

  it('waits while the brokers are away and keeps the order afterwards', async () => {
    const { outbox } = await start();
    broker.faults.brokerDown();
    for (const number of [1, 2, 3]) await place(outbox, number);
    await new Promise((wake) => setTimeout(wake, 200));
    expect(await pending()).toBe(3);
    broker.faults.brokerUp();
    await untilEmpty();
    const seen = numbers();
    expect(seen.filter((number, index) => seen.indexOf(number) === index)).toEqual([1, 2, 3]);
  });

  it('refuses what would be part of no transaction, and contracts that it does not know', async () => {
    const { outbox } = await start();
    const session = client.startSession();
    const event = { customer: 'ada', number: 1 };
    await expect(outbox.publish(OrderPlaced, event, { session })).rejects.toMatchObject({
      code: 'OUTBOX_SESSION_INVALID',
    });
    await session.endSession();
    const refusals = [
      [OrderAudited, event, 'OUTBOX_CONTRACT_MISSING'],
      [OrderPlaced, { customer: 1 } as unknown as Order, 'CONTRACT_INVALID'],
    ] as const;
    for (const [contract, bad, code] of refusals) {
      const refused = outbox.transaction((inside) =>
        outbox.publish(contract, bad, { session: inside }),
      );
      await expect(refused).rejects.toMatchObject({ code });
    }
    expect(await db.collection(OUTBOX_COLLECTION).countDocuments()).toBe(0);
  });
});
