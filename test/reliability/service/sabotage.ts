import { MillraceError, permanent } from 'millrace/errors';
import { KafkajsDriver } from 'millrace/kafka';
import { STORED } from 'millrace/pipeline';
import type { ConsumerPort, RecordResult } from 'millrace/pipeline';
import { changeSinks } from './sinks';
import type { SinkChange } from './sinks';
import type { Variant } from './workload';

/**
 * Breaks this process in one well-known way, in memory only; call it before the service starts.
 *
 * NC1 (random ids) and NC6 (no guard) are mistakes in the declaration of a sink: see workload.module.ts.
 */
export function sabotage(variant: Variant | null): void {
  if (variant === 'NC2') commitAtHandOver();
  if (variant === 'NC3') changeSinks(notAwaited);
  if (variant === 'NC7') changeSinks(outageAsBadData);
}

/** What is read is committed at once; what the core commits later is ignored. */
function commitAtHandOver(): void {
  const { consumer } = KafkajsDriver.prototype;
  KafkajsDriver.prototype.consumer = function eager(this: KafkajsDriver, settings): ConsumerPort {
    const port = consumer.call(this, settings);
    const start = port.start.bind(port);
    const commit = port.commit.bind(port);
    port.start = (handler, options) =>
      start(async (batch, control) => {
        const { topic, partition, nextOffset } = batch;
        await commit([{ topic, partition, next: nextOffset }], control.epoch);
        return handler(batch, control);
      }, options);
    port.commit = () => Promise.resolve('committed');
    return port;
  };
}

const notAwaited: SinkChange = (sink) => {
  let queue: Promise<unknown> = Promise.resolve();
  return {
    name: sink.name,
    probe: () => sink.probe(),
    write(records, options) {
      queue = queue.then(() => sink.write(records, options)).catch(() => undefined);
      return Promise.resolve(records.map(() => STORED));
    },
  };
};

const outageAsBadData: SinkChange = (sink) => ({
  name: sink.name,
  probe: () => sink.probe(),
  async write(records, options) {
    try {
      return (await sink.write(records, options)).map(withoutOutage);
    } catch (error) {
      return records.map(() => withoutOutage({ error }));
    }
  },
});

function withoutOutage(result: RecordResult): RecordResult {
  if (!('error' in result)) return result;
  const isOutage =
    result.error instanceof MillraceError && result.error.failure === 'infrastructure';
  return isOutage ? { error: permanent('the write failed') } : result;
}
