import { Module } from '@nestjs/common';
import type { DynamicModule, Type } from '@nestjs/common';
import { CandlesConsumer } from './candles.consumer';
import { LatestPriceSink } from './latest-price.sink';
import { MetalsMetrics } from './metals.metrics';
import { PriceSink } from './price.sink';
import { PricesController } from './prices.controller';

/** The metals pipeline, second half: three consumer groups on one topic, and queries. */
@Module({
  controllers: [CandlesConsumer, PricesController],
  providers: [LatestPriceSink, MetalsMetrics, PriceSink],
})
export class MetalsModule {
  /** @param storage - a module that exports `CANDLE_STORE` and `PRICE_QUERIES`. */
  static withStorage(storage: Type): DynamicModule {
    return { module: MetalsModule, imports: [storage] };
  }
}
