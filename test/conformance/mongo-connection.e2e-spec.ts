import { Module } from '@nestjs/common';
import { MongooseModule, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { SettingsModule, loadSettings } from 'millrace/config';
import { HealthModule, HealthRegistry, Lifecycle } from 'millrace/health';
import { MetricsModule } from 'millrace/metrics';
import { MongoConnection, MongoModule, mongoSettings } from 'millrace/mongo';
import type { MongoOptions } from 'millrace/mongo';
import type { FaultProxy } from 'millrace/testing';
import { mongoProxy, mongoUri, newDatabaseName, uriOf } from './mongo-server';

@Schema({ collection: 'quotes' })
class Quote {
  @Prop({ index: true }) metal!: string;
}
const QuoteSchema = SchemaFactory.createForClass(Quote);
QuoteSchema.index({ metal: 1, at: -1 });

const database = newDatabaseName();

@Module({ imports: [MongooseModule.forFeature([{ name: Quote.name, schema: QuoteSchema }])] })
class QuotesModule {}

async function start(options: MongoOptions = {}): Promise<TestingModule> {
  const settings = loadSettings({ slices: [mongoSettings], env: {} });
  const module = await Test.createTestingModule({
    imports: [
      SettingsModule.forRoot(settings),
      HealthModule.forRoot({ service: 'test', version: '0' }),
      MetricsModule.forRoot({ service: 'test', defaultMetrics: false }),
      MongoModule.forRoot({ uri: mongoUri, database, ...options }),
      QuotesModule,
    ],
  }).compile();
  module.useLogger(false);
  return module.init();
}

const serving = (module: TestingModule) => module.get(Lifecycle).whenServing();

afterAll(async () => {
  const module = await start({ indexes: 'off' });
  await serving(module);
  await module.get(MongoConnection).model(Quote.name)?.db.dropDatabase();
  await module.close();
});

describe('MongoModule on a real server', () => {
  it('connects in the background, is healthy, and closes once for all', async () => {
    const module = await start();
    await serving(module);
    const connection = module.get(MongoConnection);
    expect(module.get(HealthRegistry).read()).toMatchObject([
      { name: 'mongo', critical: true, state: { status: 'up' } },
    ]);
    await connection.probe();
    await module.close();
    expect(connection.isClosed).toBe(true);
    expect(() => connection.collection('quotes')).toThrow(
      expect.objectContaining({ code: 'MONGO_CLOSED' }),
    );
  });

  it('is still there while others close, and gone when the service has stopped', async () => {
    const module = await start();
    const connection = module.get(MongoConnection);
    const close = jest.fn(() => connection.probe());
    module.get(Lifecycle).register({ name: 'kafka', order: 10, close });
    await serving(module);
    await module.close();
    expect(close).toHaveBeenCalledTimes(1);
    await expect(close.mock.results[0]?.value).resolves.toBeUndefined();
    await expect(connection.ping()).rejects.toMatchObject({ code: 'MONGO_CLOSED' });
    expect(connection.model(Quote.name)?.db.readyState).toBe(0);
  });

  it('verifies indexes, and creates them when told so', async () => {
    const verifying = await start({ indexes: 'verify', database: `${database}_i` });
    const { signal } = new AbortController();
    const connection = verifying.get(MongoConnection);
    await connection.open(signal);
    await connection.model(Quote.name)?.db.dropDatabase();
    await verifying.close();

    const creating = await start({ indexes: 'create', database: `${database}_i` });
    await serving(creating);
    const quotes = creating.get(MongoConnection).collection('quotes');
    const names = (await quotes.listIndexes().toArray()).map(({ name }) => name as string);
    expect(names.sort()).toEqual(['_id_', 'metal_1', 'metal_1_at_-1']);
    await creating.close();

    const verified = await start({ indexes: 'verify', database: `${database}_i` });
    await serving(verified);
    await verified.get(MongoConnection).model(Quote.name)?.db.dropDatabase();
    await verified.close();
  });

  it('writes with majority and journal, whatever the schema says', async () => {
    const module = await start();
    await serving(module);
    const collection = module.get(MongoConnection).collection('quotes');
    expect(collection.writeConcern).toMatchObject({ w: 'majority', journal: true });
    await module.close();
  });
});

describe('MongoModule and a server that is not there', () => {
  let proxy: FaultProxy;

  beforeEach(async () => {
    proxy = await mongoProxy();
  });
  afterEach(() => proxy.close());

  it('waits, and serves when it comes', async () => {
    proxy.down();
    const module = await start({ uri: uriOf(proxy), serverSelectionTimeoutMs: 300 });
    expect(module.get(HealthRegistry).read()).toMatchObject([{ state: { status: 'down' } }]);
    setTimeout(() => proxy.mend(), 500);
    await serving(module);
    await module.get(MongoConnection).ping();
    await module.close();
  });

  it('stops at once while it waits', async () => {
    proxy.break({ swallow: 'both' });
    const module = await start({ uri: uriOf(proxy), serverSelectionTimeoutMs: 20_000 });
    await new Promise((resolve) => setImmediate(resolve));
    const startedMs = performance.now();
    await module.close();
    expect(performance.now() - startedMs).toBeLessThan(4_000);
  });

  it('stops within its limit when the server is silent', async () => {
    const module = await start({ uri: uriOf(proxy), serverSelectionTimeoutMs: 1_000 });
    await serving(module);
    proxy.break({ swallow: 'both' });
    const startedMs = performance.now();
    await module.close();
    expect(performance.now() - startedMs).toBeLessThan(4_000);
  });
});
