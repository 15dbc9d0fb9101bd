import { Controller, Get, Inject, Module } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { SettingsModule, loadSettings, serviceSettings } from 'millrace/config';
import { Logger } from 'millrace/logging';
import { MongoConnection } from 'millrace/mongo';
import { KAFKA_DRIVER, SINK_WRITER, connectPipeline } from 'millrace/pipeline';
import { MemoryBroker, MemoryDriver, absentMongo } from 'millrace/testing';
import { CANDLE_STORE } from '../../apps/processor/src/metals/candle.store';
import { PRICE_QUERIES } from '../../apps/processor/src/metals/price.queries';
import { PROCESSOR_SETTINGS } from '../../apps/processor/src/processor.config';
import { configureProcessor } from '../../apps/processor/src/processor.http';
import { ProcessorModule } from '../../apps/processor/src/processor.module';
import { PRODUCER_SETTINGS } from '../../apps/producer/src/producer.config';
import { configureProducer, producerAdapter } from '../../apps/producer/src/producer.http';
import { ProducerModule } from '../../apps/producer/src/producer.module';
import { MemoryStorage } from './memory-storage';

type Environment = Readonly<Record<string, string | undefined>>;

/** Tells `npm start` what the in-memory sink holds. */
@Controller('in-memory')
class InMemoryController {
  constructor(@Inject(MemoryStorage) private readonly storage: MemoryStorage) {}

  @Get('prices')
  prices(): { readonly ids: readonly string[] } {
    return { ids: this.storage.priceIds };
  }
}

/**
 * Starts both apps in this process, as they are, on one in-memory broker and an in-memory storage.
 *
 * The producer listens on HTTP_PORT, the processor on PROCESSOR_HTTP_PORT.
 *
 * @returns the producer, then the processor: the order in which to close them.
 */
export async function startInMemoryApps(env: Environment): Promise<readonly INestApplication[]> {
  const broker = new MemoryBroker();
  const storage = new MemoryStorage();
  const processor = await startProcessor(broker, storage, env);
  const producer = await startProducer(broker, storage, env);
  return [producer, processor];
}

async function startProducer(
  broker: MemoryBroker,
  storage: MemoryStorage,
  env: Environment,
): Promise<INestApplication> {
  const settings = loadSettings({ slices: PRODUCER_SETTINGS, env });
  @Module({
    imports: [SettingsModule.forRoot(settings), ProducerModule],
    controllers: [InMemoryController],
    providers: [{ provide: MemoryStorage, useValue: storage }],
  })
  class InMemoryProducerModule {}
  const builder = Test.createTestingModule({ imports: [InMemoryProducerModule] });
  const port = settings.get(serviceSettings).httpPort;
  return start(onBroker(builder, broker), configureProducer, port, producerAdapter(settings));
}

async function startProcessor(
  broker: MemoryBroker,
  storage: MemoryStorage,
  env: Environment,
): Promise<INestApplication> {
  const { PROCESSOR_HTTP_PORT: port } = env;
  const settings = loadSettings({
    slices: PROCESSOR_SETTINGS,
    env: { ...env, HTTP_PORT: port, MONGO_INDEXES: 'off' },
  });
  const builder = Test.createTestingModule({
    imports: [SettingsModule.forRoot(settings), ProcessorModule],
  })
    .overrideProvider(MongoConnection)
    .useValue(absentMongo())
    .overrideProvider(SINK_WRITER)
    .useValue(storage.sinkWriter)
    .overrideProvider(CANDLE_STORE)
    .useValue(storage)
    .overrideProvider(PRICE_QUERIES)
    .useValue(storage);
  return start(
    onBroker(builder, broker),
    configureProcessor,
    settings.get(serviceSettings).httpPort,
  );
}

function onBroker(builder: TestingModuleBuilder, broker: MemoryBroker): TestingModuleBuilder {
  return builder.overrideProvider(KAFKA_DRIVER).useValue(new MemoryDriver({ broker }));
}

async function start(
  builder: TestingModuleBuilder,
  configure: (app: NestExpressApplication) => void,
  port: number,
  adapter = new ExpressAdapter(),
): Promise<INestApplication> {
  const testing = await builder.compile();
  const app = testing.createNestApplication<NestExpressApplication>(adapter, {
    bufferLogs: true,
    bodyParser: false,
  });
  app.useLogger(app.get(Logger));
  connectPipeline(app);
  configure(app);
  await app.init();
  await app.startAllMicroservices();
  await app.listen(port, '127.0.0.1');
  return app;
}
