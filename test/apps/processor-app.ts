import { Module } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Metrics, MetricsModule } from 'millrace/metrics';
import { KAFKA_DRIVER, PipelineEvents } from 'millrace/pipeline';
import { CANDLE_STORE } from '../../apps/processor/src/metals/candle.store';
import type { CandleStore } from '../../apps/processor/src/metals/candle.store';
import { MetalsModule } from '../../apps/processor/src/metals/metals.module';
import { PRICE_QUERIES } from '../../apps/processor/src/metals/price.queries';
import type { PriceQueries } from '../../apps/processor/src/metals/price.queries';
import { ScriptedDriver } from './scripted-driver';

export interface ProcessorApp {
  readonly app: INestApplication;
  readonly url: string;
  readonly driver: ScriptedDriver;
  readonly events: PipelineEvents;
  readonly metrics: Metrics;
}

/** Starts the metals module of the processor on a storage of the test, without transport. */
export async function processorApp(storage: {
  readonly queries: PriceQueries;
  readonly candles: CandleStore;
}): Promise<ProcessorApp> {
  const driver = new ScriptedDriver();
  const events = new PipelineEvents();
  @Module({
    providers: [
      { provide: PRICE_QUERIES, useValue: storage.queries },
      { provide: CANDLE_STORE, useValue: storage.candles },
      { provide: KAFKA_DRIVER, useValue: driver.asDriver() },
      { provide: PipelineEvents, useValue: events },
    ],
    exports: [PRICE_QUERIES, CANDLE_STORE, KAFKA_DRIVER, PipelineEvents],
  })
  class StorageModule {}
  const testing = await Test.createTestingModule({
    imports: [
      MetricsModule.forRoot({ service: 'processor', defaultMetrics: false }),
      MetalsModule.withStorage(StorageModule),
    ],
  }).compile();
  const app = testing.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  return { app, driver, events, url: await app.getUrl(), metrics: app.get(Metrics) };
}
