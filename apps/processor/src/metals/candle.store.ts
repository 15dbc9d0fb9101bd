import type { PriceQuoted } from 'millrace/events';
import type { PipelineRecord, RecordResult } from 'millrace/pipeline';

/** Injection token of the {@link CandleStore}. */
export const CANDLE_STORE = Symbol('metals:candle-store');

/** Where candles are kept. */
export interface CandleStore {
  /**
   * Lets prices count in the candles they fall into; one result per record, in order.
   *
   * Promise: repetition and order change nothing.
   */
  apply(
    records: ReadonlyArray<PipelineRecord<PriceQuoted>>,
    signal: AbortSignal,
  ): Promise<readonly RecordResult[]>;
}
