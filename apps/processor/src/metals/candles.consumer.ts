import { Controller, Inject } from '@nestjs/common';
import { PriceQuoted } from 'millrace/events';
import { ConsumesBatch } from 'millrace/pipeline';
import type { BatchOutcome, EventBatch } from 'millrace/pipeline';
import { CANDLE_STORE } from './candle.store';
import type { CandleStore } from './candle.store';
import { METALS_GROUPS } from './metals.groups';

/** Builds candles from the same topic, as a consumer group of its own. */
@Controller()
export class CandlesConsumer {
  constructor(@Inject(CANDLE_STORE) private readonly candles: CandleStore) {}

  @ConsumesBatch(PriceQuoted, {
    // Each price touches three candles: smaller bulks keep a slow database answering in time.
    window: { maxRecords: 100 },
    groupId: METALS_GROUPS.candles,
  })
  onPrices(batch: EventBatch<PriceQuoted>): Promise<BatchOutcome> {
    return this.candles.apply(batch.records, batch.signal);
  }
}
