import { Module } from '@nestjs/common';
import { CANDLE_STORE } from './candle.store';
import { MongoCandleStore } from './mongo-candle.store';
import { MongoPriceQueries } from './mongo-price.queries';
import { PRICE_QUERIES } from './price.queries';

/** Keeps and reads candles and prices in MongoDB; needs `MongoModule`. */
@Module({
  providers: [
    { provide: CANDLE_STORE, useClass: MongoCandleStore },
    { provide: PRICE_QUERIES, useClass: MongoPriceQueries },
  ],
  exports: [CANDLE_STORE, PRICE_QUERIES],
})
export class MongoStorageModule {}
