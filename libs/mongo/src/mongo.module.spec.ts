import { Injectable, Module } from '@nestjs/common';
import type { DynamicModule, Type } from '@nestjs/common';
import { InjectModel, MongooseModule, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { Test } from '@nestjs/testing';
import { SettingsModule, loadSettings } from 'millrace/config';
import { defineContract } from 'millrace/contracts';
import { HealthModule, HealthRegistry, Lifecycle } from 'millrace/health';
import { MetricsModule } from 'millrace/metrics';
import { PipelineRegistry, SINK_WRITER, policy } from 'millrace/pipeline';
import type { Model } from 'mongoose';
import { z } from 'zod';
import { MongoSink } from './mongo-sink.decorator';
import { mongoSettings } from './mongo.config';
import { MongoIndexes } from './mongo.indexes';
import { MongoConnection } from './mongo.connection';
import { MongoModule } from './mongo.module';
import { MongoControlStore } from './state/mongo.control-store';
import { MongoInbox } from './state/mongo.inbox';

const Quoted = defineContract({
  name: 'metals.price.quoted',
  version: 1,
  topic: 'metals-prices',
  schema: z.object({ metal: z.string() }),
});

@Schema({ collection: 'prices' })
class Price {
  @Prop() metal!: string;
}

@MongoSink(Quoted, {
  groupId: 'metals-processor',
  model: Price,
  id: (_, record) => record.eventId,
  document: ({ metal }) => ({ metal }),
})
class PriceSink {}

/** Every option that a sink has in common with other readers. */
const READING = {
  onError: policy(),
  window: { maxRecords: 100, maxWaitMs: 5 },
  needs: ['prices-api'],
  rateLimit: { records: 10, perMs: 1_000 },
  circuitBreaker: { openMs: 9_000 },
  stopTheLine: { maxConsecutive: 5 },
  retryTopicScope: 'group',
  startAt: 'latest',
  onOffsetLost: 'continue-latest',
  onUndecodable: 'stop',
} as const;

@MongoSink(Quoted, {
  groupId: 'metals-latest-processor',
  collection: 'latest',
  pipeline: 'latest',
  deleted: () => false,
  ...READING,
  id: ({ metal }) => metal,
  version: () => 1,
  document: ({ metal }) => ({ metal }),
})
class LatestSink {}

@Injectable()
class Prices {
  constructor(@InjectModel(Price.name) readonly model: Model<Price>) {}
}

@Module({
  imports: [
    MongoModule.forRoot({ connects: false }),
    MongooseModule.forFeature([{ name: Price.name, schema: SchemaFactory.createForClass(Price) }]),
  ],
  providers: [PriceSink, LatestSink, Prices],
})
class MetalsModule {}

@Module({ imports: [MongoModule.forRoot({ connects: false })], providers: [PriceSink] })
class OtherModule {}

@Module({})
class RegistryModule {}

async function app(...imports: Array<Type | DynamicModule>) {
  const settings = loadSettings({ slices: [mongoSettings], env: {} });
  const registry = new PipelineRegistry();
  const module = await Test.createTestingModule({
    imports: [
      SettingsModule.forRoot(settings),
      HealthModule.forRoot({ service: 'test', version: '0' }),
      MetricsModule.forRoot({ service: 'test', defaultMetrics: false }),
      {
        module: RegistryModule,
        global: true,
        providers: [{ provide: PipelineRegistry, useValue: registry }],
        exports: [PipelineRegistry],
      },
      ...imports,
    ],
  }).compile();
  module.useLogger(false);
  await module.init();
  return { module, registry };
}

describe('MongoModule', () => {
  it('finds sinks, once per class, and registers them with their group, pipeline and identity', async () => {
    const { module, registry } = await app(MetalsModule, OtherModule);
    expect(
      registry.subscriptions.map(({ name, pipeline, topic, options, target }) => [
        name,
        pipeline,
        topic,
        options.groupId,
        target.kind,
      ]),
    ).toEqual([
      ['PriceSink', 'metals', 'metals-prices', 'metals-processor', 'sink'],
      ['LatestSink', 'latest', 'metals-prices', 'metals-latest-processor', 'sink'],
    ]);
    await module.close();
  });

  it('hands every option of reading on to the pipeline, and none of writing', async () => {
    const { module, registry } = await app(MetalsModule);
    const [plain, latest] = registry.subscriptions;
    expect(plain?.options).toEqual({ groupId: 'metals-processor' });
    expect(latest?.options).toEqual({ groupId: 'metals-latest-processor', ...READING });
    await module.close();
  });

  it('[DEL-03] asks for the index by which markers of deleted documents go', async () => {
    const declare = jest.spyOn(MongoIndexes.prototype, 'declare');
    const { module } = await app(MetalsModule);
    expect(declare.mock.calls).toContainEqual([
      'latest',
      [{ keys: { _deletedAt: 1 }, sparse: true, expireAfterSeconds: 30 * 24 * 3_600 }],
    ]);
    declare.mockRestore();
    await module.close();
  });

  it('gives the pipeline its inbox and its control store', async () => {
    @Module({ imports: [MongoModule.forRoot({ uri: 'mongodb://127.0.0.1:1/' })] })
    class Connecting {}
    const { module, registry } = await app(Connecting);
    expect(registry.inbox).toBe(module.get(MongoInbox));
    expect(registry.controlStore).toBe(module.get(MongoControlStore));
    await module.close();
  });

  it('registers the database as a dependency that knows its own errors', async () => {
    @Module({ imports: [MongoModule.forRoot({ uri: 'mongodb://127.0.0.1:1/' })] })
    class Connecting {}
    const { module, registry } = await app(Connecting);
    const mongo = registry.dependencies.get('mongo');
    const error = mongo?.translate?.(Object.assign(new Error('x'), { name: 'MongoNetworkError' }));
    expect(error?.code).toBe('SINK_UNAVAILABLE');
    expect(error !== undefined && mongo?.owns?.(error)).toBe(true);
    expect(module.get(HealthRegistry).read()).toMatchObject([
      { name: 'mongo', critical: true, state: { status: 'down' } },
    ]);
    await module.close();
  });

  it('takes its options from a factory too', async () => {
    @Module({
      imports: [
        MongoModule.forRootAsync({ useFactory: () => ({ connects: false, database: 'other' }) }),
      ],
    })
    class Async {}
    const { module } = await app(Async);
    expect(module.get(MongoConnection).database).toBe('other');
    await module.close();
  });

  it('needs no database when other sinks stand in place of its own', async () => {
    @Module({ imports: [MongoModule.forRoot()] })
    class Plain {}
    const { module, registry } = await app(
      {
        module: RegistryModule,
        global: true,
        providers: [{ provide: SINK_WRITER, useValue: () => undefined }],
        exports: [SINK_WRITER],
      },
      Plain,
    );
    expect(module.get(MongoConnection).connects).toBe(false);
    expect(registry.dependencies.size).toBe(0);
    await module.close();
  });

  it('opens nothing while modules are made, and compiles models all the same', async () => {
    const { module } = await app(MetalsModule);
    const { model } = module.get(Prices, { strict: false });
    expect(model.collection.collectionName).toBe('prices');
    expect(model.db.readyState).toBe(0);
    expect(module.get(MongoConnection).address).toBe('127.0.0.1:27017');
    expect(() => module.get(MongoConnection).collection('prices')).toThrow(
      expect.objectContaining({ code: 'MONGO_CLOSED' }),
    );
    await expect(model.find()).rejects.toThrow(/bufferCommands/);
    await module.close();
  });

  it('takes no part in the life cycle when it does not connect', async () => {
    const { module } = await app(MetalsModule);
    expect(module.get(HealthRegistry).read()).toEqual([]);
    await expect(module.get(Lifecycle).whenServing()).resolves.toBeUndefined();
    await module.close();
  });

  it('refuses a sink whose model nobody registered', async () => {
    @Module({ imports: [MongoModule.forRoot({ connects: false })], providers: [PriceSink] })
    class Lonely {}
    await expect(app(Lonely)).rejects.toMatchObject({ code: 'MONGO_MODEL_MISSING' });
  });
});
