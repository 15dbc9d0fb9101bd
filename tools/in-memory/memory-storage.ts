import type { PriceQuoted } from 'millrace/events';
import { STORED } from 'millrace/pipeline';
import type { PipelineRecord, RecordResult, SinkWriter } from 'millrace/pipeline';
import { MemorySink } from 'millrace/testing';
import { candleUpdates, mergeCandle } from '../../apps/processor/src/metals/candle';
import type { Candle } from '../../apps/processor/src/metals/candle';
import type { CandleStore } from '../../apps/processor/src/metals/candle.store';
import { METALS_GROUPS } from '../../apps/processor/src/metals/metals.groups';
import type { PriceDocument } from '../../apps/processor/src/metals/price.document';
import type {
  CandlesQuery,
  PriceQueries,
  PricesQuery,
  TimeSpan,
} from '../../apps/processor/src/metals/price.queries';

/** What the processor keeps, in maps: the same identities and versions as in MongoDB. */
export class MemoryStorage implements CandleStore, PriceQueries {
  private readonly byGroup = new Map<string, MemorySink>();
  private readonly candlesById = new Map<string, Candle>();

  /** Makes the sink of a registration; see `SINK_WRITER`. */
  readonly sinkWriter: SinkWriter = ({ groupId, identity }) => {
    const sink = new MemorySink({ identity });
    this.byGroup.set(groupId, sink);
    return sink;
  };

  /** Event ids of the stored prices. */
  get priceIds(): readonly string[] {
    return this.documentsOf(METALS_GROUPS.prices).map(({ eventId }) => eventId);
  }

  async apply(
    records: ReadonlyArray<PipelineRecord<PriceQuoted>>,
  ): Promise<readonly RecordResult[]> {
    for (const { event, eventId } of records) {
      for (const update of candleUpdates(event, eventId)) {
        const known = this.candlesById.get(update.id);
        this.candlesById.set(update.id, known === undefined ? update : mergeCandle(known, update));
      }
    }
    return records.map(() => STORED);
  }

  async latest(): Promise<readonly PriceDocument[]> {
    const documents = this.documentsOf(METALS_GROUPS.latest);
    return [...documents].sort((left, right) => (left.metal < right.metal ? -1 : 1));
  }

  async prices({ metal, limit, ...span }: PricesQuery): Promise<readonly PriceDocument[]> {
    return this.documentsOf(METALS_GROUPS.prices)
      .filter((price) => price.metal === metal && isIn(span, price.observedAt))
      .sort((left, right) => right.observedAt.getTime() - left.observedAt.getTime())
      .slice(0, limit);
  }

  async candles({
    limit,
    metal,
    currency,
    interval,
    ...span
  }: CandlesQuery): Promise<readonly Candle[]> {
    return [...this.candlesById.values()]
      .filter((candle) => candle.metal === metal && candle.currency === currency)
      .filter((candle) => candle.interval === interval && isIn(span, candle.start))
      .sort((left, right) => right.start.getTime() - left.start.getTime())
      .slice(0, limit);
  }

  private documentsOf(groupId: string): readonly PriceDocument[] {
    const documents = this.byGroup.get(groupId)?.documents ?? [];
    return documents.map(({ document }) => document as unknown as PriceDocument);
  }
}

function isIn({ from, to }: TimeSpan, time: Date): boolean {
  return (from === undefined || time >= from) && (to === undefined || time < to);
}
