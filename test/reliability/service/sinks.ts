import { permanent } from 'millrace/errors';
import { MongoSinkFactory } from 'millrace/mongo';
import type { SinkTarget } from 'millrace/mongo';
import type { PipelineRecord, RecordResult, SinkPort } from 'millrace/pipeline';
import type { WorkCount } from './messages';
import type { Movement } from './movement';
import { FEW_BELOW } from './workload';
import type { Refusal } from './workload';

export type SinkChange = (sink: SinkPort, target: SinkTarget) => SinkPort;

/** Puts something around every sink that this process makes from now on. */
export function changeSinks(change: SinkChange): void {
  const { create } = MongoSinkFactory.prototype;
  MongoSinkFactory.prototype.create = function changed(this: MongoSinkFactory, ...parts) {
    return change(create.apply(this, parts), parts[0]);
  };
}

/**
 * A sink that writes half of the records, waits, and writes the rest.
 *
 * @param counted - collection whose writes are told, so that kills land on them.
 */
export function halved(work: WorkCount, counted: string, longestMs: number): SinkChange {
  return (sink, { collection }) => ({
    name: sink.name,
    probe: () => sink.probe(),
    async write(records, options) {
      if (collection === counted) work.begin();
      try {
        if (longestMs === 0 || records.length < 2) return await sink.write(records, options);
        const middle = Math.floor(records.length / 2);
        const first = await sink.write(records.slice(0, middle), options);
        await new Promise((wake) => setTimeout(wake, Math.random() * longestMs));
        const rest = await sink.write(records.slice(middle), options);
        return [...first, ...rest] satisfies readonly RecordResult[];
      } finally {
        if (collection === counted) work.end();
      }
    },
  });
}

/** A sink that refuses movements for good, as a release with a bug would; the others are written. */
export function refusing(refusal: Refusal): SinkChange {
  const isRefused = ({ event }: PipelineRecord) =>
    refusal === 'all' || (event as Movement).amount < FEW_BELOW;
  return (sink) => ({
    name: sink.name,
    probe: () => sink.probe(),
    async write(records, options) {
      const good = records.filter((record) => !isRefused(record));
      const results = good.length === 0 ? [] : [...(await sink.write(good, options))];
      return records.map((record): RecordResult => {
        if (isRefused(record)) return { error: permanent('refused on purpose') };
        return results.shift() ?? { error: permanent('the sink did not answer') };
      });
    },
  });
}
