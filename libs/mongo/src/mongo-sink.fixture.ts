import { MillraceError } from 'millrace/errors';
import type { PipelineRecord, RecordResult, SinkPort } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { systemClock } from 'millrace/retry';
import type { MongoSinkOptions } from './mongo-sink.decorator';
import { MongoSinkFactory } from './mongo-sink.factory';
import type { SinkMetrics } from './mongo.metrics';
import type { ScriptedCollection } from './scripted-collection.fixture';

/** Test code: the event of the specs of this lib. */
export interface Quote {
  readonly metal: string;
  readonly price: unknown;
  readonly at: number;
}

export function quoteRecord(index: number, event: Partial<Quote> = {}): PipelineRecord<Quote> {
  return {
    topic: 'metals-prices',
    partition: 0,
    eventId: `event-${index}`,
    event: { metal: 'gold', price: index, at: index, ...event },
    raw: { offset: BigInt(index), timestampMs: 0, key: null, value: null, headers: [] },
  };
}

export const quoteRecords = (count: number): Array<PipelineRecord<Quote>> =>
  Array.from({ length: count }, (_, index) => quoteRecord(index));

export const WRITE_BOUND: { readonly signal: AbortSignal; readonly deadlineMs: number } = {
  signal: new AbortController().signal,
  deadlineMs: 60_000,
};

/** A sink over a scripted collection; default: inserts by event id. */
export function sinkOver(
  collection: ScriptedCollection,
  options: Partial<MongoSinkOptions<Quote>> = {},
  over: { readonly clock?: Clock; readonly metrics?: Pick<SinkMetrics, 'observe'> } = {},
): SinkPort {
  const mode: Partial<MongoSinkOptions<Quote>> =
    options.update === undefined
      ? {
          id: (_, { eventId }) => eventId,
          document: ({ metal, price, at }) => ({ metal, price, at }),
        }
      : {};
  const connection = { collection: (() => collection) as never, probe: () => Promise.resolve() };
  const clock = over.clock ?? systemClock;
  return new MongoSinkFactory(connection, { writeTimeoutMs: 10_000 }, clock, over.metrics).create(
    { collection: 'prices', pipeline: 'metals', sink: 'QuoteSink' },
    { groupId: 'test', ...mode, ...options },
  );
}

/** What became of each record: an outcome, or the code of its error. */
export function words(results: readonly RecordResult[]): string[] {
  return results.map((result) => {
    if (!('error' in result)) return result.outcome;
    const { error } = result;
    return error instanceof MillraceError ? error.code : `no code: ${String(error)}`;
  });
}
