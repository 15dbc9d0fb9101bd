import { Logger } from '@nestjs/common';
import { permanent } from 'millrace/errors';
import { batchOf, numbers, recordAt } from './fakes/records';
import { RuntimeScene } from './fakes/runtime.scene';
import { OffsetLostError } from './pipeline.errors';
import type { FetchedBatch } from './ports/driver';
import type { ReadOptions } from './subscription';

const errors = jest.fn();
beforeAll(() =>
  Logger.overrideLogger({ log: () => undefined, warn: () => undefined, error: errors }),
);
beforeEach(() => errors.mockClear());

type Handler = (event: { n: number }) => Promise<unknown>;

/** One group with one handler and partition 0. */
async function readerOf(handler: Handler, options: Omit<ReadOptions, 'groupId'> = {}) {
  const scene = new RuntimeScene();
  const target = { kind: 'record', handler: (event: unknown) => handler(event as never) } as const;
  const consumer = scene.read('lab', target, options);
  return { scene, consumer };
}

/** Records with a key of their own each. */
function keyedBatch(to: number): FetchedBatch {
  const records = numbers(to).map((offset) => recordAt(offset, { key: Buffer.from(`${offset}`) }));
  return batchOf(0, to, { records });
}

const refuse = async () => {
  throw permanent('no');
};

describe('options of a handler, wired', () => {
  it('[ERR-11] [F14] a handler that always fails stops itself; an operator resumes it', async () => {
    const { scene, consumer } = await readerOf(refuse);
    await scene.connect();
    await consumer.assign(0);
    await consumer.deliver(batchOf(0, 40));
    await scene.clock.advance(100);
    await consumer.deliver(batchOf(40, 540));
    await scene.clock.advance(10_000);
    expect(scene.producer.published).toHaveLength(50);
    expect([scene.ready, [...consumer.paused]]).toEqual(['down', ['readings/0']]);
    const stops = errors.mock.calls.filter(([entry]) => entry?.event === 'pipeline.line_stopped');
    expect(stops).toHaveLength(1);
    const text = await scene.metrics.registry.metrics();
    expect(text).toContain('pipeline_line_stops_total{pipeline="lab"} 1');
    expect(text).toMatch(/pipeline_partition_paused\{.*reason="stop_the_line"\} 1/);
    // Membership is kept: nothing of the client was stopped or built anew.
    expect([consumer.stopped, consumer.rebuilds, scene.failures]).toEqual([0, [], []]);

    expect(await scene.runtime.resumeLine('lab', { by: 'ann', reason: 'meant so' })).toBe(true);
    expect([scene.ready, [...consumer.paused]]).toEqual(['up', []]);
    await scene.clock.advance(1_000);
    expect(scene.producer.published).toHaveLength(100);
    expect(scene.ready).toBe('down');
  });

  it('[ERR-11] stays stopped over a rebalance, whoever holds the partitions', async () => {
    const { scene, consumer } = await readerOf(refuse);
    await scene.connect();
    await consumer.assign(0);
    await consumer.deliver(batchOf(0, 200));
    await scene.clock.advance(5_000);
    await consumer.assign(0, 1);
    expect([...consumer.paused].sort()).toEqual(['readings/0', 'readings/1']);
    expect(scene.ready).toBe('down');
  });

  it('[HLT-03] a fatal error of a handler that lasts a minute gives the process up', async () => {
    const { scene, consumer } = await readerOf(async () => {
      throw new OffsetLostError();
    });
    await scene.connect();
    await consumer.assign(0);
    await consumer.deliver(batchOf(0, 3));
    await scene.clock.advance(1_000);
    expect([scene.ready, scene.failures]).toEqual(['down', []]);
    await scene.clock.advance(59_500);
    expect(scene.failures).toMatchObject([{ code: 'GROUP_OFFSET_LOST' }]);
    expect(scene.producer.published).toEqual([]);
  });

  it('concurrencyPerPartition bounds the calls of a partition, keys side by side', async () => {
    let running = 0;
    let most = 0;
    const { scene, consumer } = await readerOf(
      async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => scene.clock.setTimer(resolve, 100));
        running -= 1;
      },
      { concurrencyPerPartition: 4 },
    );
    await scene.connect();
    await consumer.assign(0);
    await consumer.deliver(keyedBatch(12));
    await scene.clock.advance(2_000);
    expect(most).toBe(4);
    expect(consumer.commits.at(-1)?.offsets).toMatchObject([{ next: 12n }]);
  });

  it('[BKP-02] rateLimit bounds the calls', async () => {
    const handledAtMs: number[] = [];
    const { scene, consumer } = await readerOf(
      async () => void handledAtMs.push(scene.clock.monotonicMs()),
      { rateLimit: { records: 10, perMs: 1_000 } },
    );
    await scene.connect();
    await consumer.assign(0);
    await consumer.deliver(batchOf(0, 100));
    await scene.clock.advance(5_000);
    expect(handledAtMs.length).toBeGreaterThanOrEqual(48);
    expect(handledAtMs.length).toBeLessThanOrEqual(52);
  });

  it('[DEL-05] inbox keeps known events from the handler', async () => {
    const handled: number[] = [];
    const { scene, consumer } = await readerOf(async ({ n }) => void handled.push(n), {
      inbox: true,
    });
    const remembered = new Set<string>();
    scene.registry.registerInbox({
      name: 'store',
      known: async (_, ids) => new Set(ids.filter((id) => remembered.has(id))),
      remember: async (_, ids) => ids.forEach((id) => remembered.add(id)),
    });
    await scene.connect();
    await consumer.assign(0);
    await consumer.deliver(batchOf(0, 3));
    await scene.clock.advance(1_000);
    await consumer.assign(0);
    await consumer.deliver(batchOf(0, 5));
    await scene.clock.advance(1_000);
    expect(handled).toEqual([0, 1, 2, 3, 4]);
    const text = await scene.metrics.registry.metrics();
    expect(text).toMatch(/pipeline_records_processed_total\{.*outcome="duplicate"\} 3/);
  });

  it('[ERR-10] timeoutMs is the limit of one call', async () => {
    const { scene, consumer } = await readerOf(() => new Promise(() => undefined), {
      timeoutMs: 500,
    });
    await scene.connect();
    await consumer.assign(0);
    await consumer.deliver(batchOf(0, 1));
    await scene.clock.advance(499);
    const timeouts = async () =>
      (await scene.metrics.registry.metrics()).match(/handler_timeouts_total\S+ (\d)/)?.[1];
    expect(await timeouts()).toBe('0');
    await scene.clock.advance(1);
    expect(await timeouts()).toBe('1');
  });
});
