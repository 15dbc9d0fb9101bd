import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS } from 'millrace/config';
import type { Settings } from 'millrace/config';
import type { PriceQuoted } from 'millrace/events';
import { MongoSinkFactory } from 'millrace/mongo';
import type { MongoUpdate } from 'millrace/mongo';
import { pipelineSettings } from 'millrace/pipeline';
import type { PipelineRecord, RecordResult, SinkPort } from 'millrace/pipeline';
import type { Candle } from './candle';
import { candleUpdates } from './candle';
import type { CandleStore } from './candle.store';
import { METALS_GROUPS } from './metals.groups';
import { COLLECTIONS } from './price.document';

/** Keeps candles in MongoDB, with `$min` and `$max`: the same join as `mergeCandle`, on the server. */
@Injectable()
export class MongoCandleStore implements CandleStore {
  private readonly sink: SinkPort;
  private readonly deadlineMs: number;

  constructor(sinks: MongoSinkFactory, @Inject(SETTINGS) settings: Settings) {
    this.deadlineMs = settings.get(pipelineSettings).sinkDeadlineMs;
    this.sink = sinks.create(
      { collection: COLLECTIONS.candles, pipeline: 'metals', sink: 'CandleStore' },
      {
        groupId: METALS_GROUPS.candles,
        collection: COLLECTIONS.candles,
        update: (event: PriceQuoted, { eventId }: PipelineRecord<PriceQuoted>) =>
          candleUpdates(event, eventId).map(upsertOf),
      },
    );
  }

  apply(
    records: ReadonlyArray<PipelineRecord<PriceQuoted>>,
    signal: AbortSignal,
  ): Promise<readonly RecordResult[]> {
    return this.sink.write(records, { signal, deadlineMs: this.deadlineMs });
  }
}

function upsertOf(candle: Candle): MongoUpdate {
  const { id, metal, currency, interval, start, open, high, low, close } = candle;
  return {
    id,
    update: {
      $min: { low, open },
      $max: { high, close },
      $setOnInsert: { metal, currency, interval, start },
    },
  };
}
