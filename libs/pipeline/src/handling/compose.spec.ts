import { Metrics } from 'millrace/metrics';
import { FakeClock } from 'millrace/testing';
import { numbers, readAt } from '../fakes/records';
import { pipelineMetrics } from '../pipeline.metrics';
import { STORED } from '../records/outcome';
import type { Subscription } from '../subscription';
import { composeHandling } from './compose';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('composeHandling', () => {
  it('[BKP-03] bounds a sink over all partitions where adaptiveConcurrency asks for it, and shows the limit', async () => {
    const ends: Array<() => void> = [];
    let begun = 0;
    const sink = {
      name: 'lab',
      probe: async () => undefined,
      write: async (records: readonly unknown[]) => {
        begun += 1;
        await new Promise<void>((resolve) => ends.push(resolve));
        return records.map(() => STORED);
      },
    };
    const metrics = pipelineMetrics(new Metrics());
    const subscription: Subscription = {
      ...{ topic: 'readings', pipeline: 'lab', contract: null, name: 'LabSink' },
      options: { groupId: 'lab-store', adaptiveConcurrency: { max: 4 } },
      target: { kind: 'sink', sink },
    };
    const settings = { sinkDeadlineMs: 1_000 } as never;
    const { handling } = composeHandling(subscription, {
      ...{ settings, metrics, clock: new FakeClock(), inbox: undefined, dependencies: new Map() },
    });
    const { signal } = new AbortController();
    const answers = numbers(3).map((partition) =>
      handling.handle([readAt(1)], { topic: 'readings', partition, groupId: 'lab', signal }, 1),
    );
    await turn();
    expect(begun).toBe(1);
    for (const _ of numbers(3)) {
      ends.shift()?.();
      await turn();
    }
    expect(await Promise.all(answers)).toEqual([[STORED], [STORED], [STORED]]);
    const { values } = await metrics.concurrencyLimit.get();
    expect(values).toEqual([{ labels: { pipeline: 'lab', group: 'lab-store' }, value: 1 }]);
  });
});
