import { Logger } from '@nestjs/common';
import { batchOf, numbers } from './fakes/records';
import { RuntimeScene } from './fakes/runtime.scene';
import type { SlowConsumer } from './fakes/runtime.scene';
import { OffsetLostError } from './pipeline.errors';

beforeAll(() => Logger.overrideLogger(false));

const BY_ANN = { by: 'ann', reason: 'a test' };
const record = (handler: () => Promise<unknown>) => ({ kind: 'record', handler }) as const;

/** One group whose handler works, with partitions 0 and 1. */
async function working(
  options: Parameters<RuntimeScene['read']>[2] = {},
  partitions: readonly number[] = [0, 1],
): Promise<{ scene: RuntimeScene; consumer: SlowConsumer }> {
  const scene = new RuntimeScene();
  const handler = record(async () => undefined);
  const consumer = scene.read('lab', handler, options);
  await scene.connect();
  await consumer.assign(...partitions);
  return { scene, consumer };
}

describe('PipelineRuntime, supervised', () => {
  it('[CON-09] pauses at once, keeps it over a rebalance, stays ready and resumes', async () => {
    const { scene, consumer } = await working();
    await scene.runtime.pause({ groupId: 'lab', topic: 'readings', partition: 1 }, BY_ANN);
    expect([...consumer.paused]).toEqual(['readings/1']);
    await consumer.assign(0, 1, 2);
    expect([...consumer.paused]).toEqual(['readings/1']);
    await scene.runtime.pause({ groupId: 'lab' }, BY_ANN);
    await consumer.assign(1, 2);
    expect([...consumer.paused].sort()).toEqual(['readings/1', 'readings/2']);
    expect(scene.ready).toBe('up');
    await scene.runtime.resume({ groupId: 'lab' }, BY_ANN);
    expect([...consumer.paused]).toEqual(['readings/1']);
    await scene.runtime.resume({ groupId: 'lab', topic: 'readings', partition: 1 }, BY_ANN);
    expect([...consumer.paused]).toEqual([]);
  });

  it('a pause that is taken away while the partition is elsewhere does not come back', async () => {
    const { scene, consumer } = await working();
    await scene.runtime.pause({ groupId: 'lab' }, BY_ANN);
    await consumer.assign(0);
    await scene.runtime.resume({ groupId: 'lab' }, BY_ANN);
    await consumer.assign(0, 1);
    expect([...consumer.paused]).toEqual([]);
  });

  it('[P2] [F19] goes on from the earliest offset, and commits it', async () => {
    const { scene, consumer } = await working({ onOffsetLost: 'continue-earliest' }, [0]);
    consumer.pause([{ topic: 'readings', partition: 0 }]);
    await consumer.emit('offsetLost', {
      ...{ topic: 'readings', partition: 0 },
      ...{ committed: 0n, earliest: 500n, end: 900n },
    });
    expect(consumer.seeks).toEqual([{ topic: 'readings', partition: 0, offset: 500n }]);
    expect([[...consumer.paused], scene.ready]).toEqual([[], 'up']);
    await scene.clock.advance(2_000);
    expect(consumer.commits.map(({ offsets }) => offsets)).toMatchObject([[{ next: 500n }]]);
    const text = await scene.metrics.registry.metrics();
    expect(text).toContain(
      'pipeline_offset_gap_records_total{pipeline="lab",topic="readings"} 500',
    );
  });

  it('[I3] commits the new position only after what was in hand before it', async () => {
    const scene = new RuntimeScene();
    let end = (): void => undefined;
    const held = new Promise<void>((resolve) => (end = resolve));
    const consumer = scene.read(
      'lab',
      record(() => held),
      { onOffsetLost: 'continue-earliest' },
    );
    await scene.connect();
    await consumer.assign(0);
    await consumer.deliver(batchOf(0, 3));
    await consumer.emit('offsetLost', {
      ...{ topic: 'readings', partition: 0 },
      ...{ committed: 3n, earliest: 500n, end: 900n },
    });
    await scene.clock.advance(5_000);
    expect(consumer.commits).toEqual([]);
    end();
    await scene.clock.advance(5_000);
    expect(consumer.commits.at(-1)?.offsets).toMatchObject([{ next: 500n }]);
  });

  it('[P2] leaves a lost partition paused that an operator has paused', async () => {
    const { scene, consumer } = await working({ onOffsetLost: 'continue-earliest' }, [0]);
    await scene.runtime.pause({ groupId: 'lab' }, BY_ANN);
    await consumer.emit('offsetLost', {
      ...{ topic: 'readings', partition: 0 },
      ...{ committed: 0n, earliest: 500n, end: 900n },
    });
    expect([...consumer.paused]).toEqual(['readings/0']);
  });

  it('[ERR-10] [P8] a handler that never ends does not keep its partition', async () => {
    const scene = new RuntimeScene({ PIPELINE_HANDLER_TIMEOUT_MS: '40000' });
    const handled: number[] = [];
    const consumer = scene.read(
      'lab',
      {
        kind: 'record',
        handler: async (event) => {
          const { n } = event as { n: number };
          handled.push(n);
          if (n === 1) await new Promise(() => undefined);
        },
      },
      { timeoutMs: 40_000 },
    );
    await scene.connect();
    await consumer.assign(0);
    await consumer.deliver(batchOf(0, 4));
    // Five attempts of 41 s, and the waits between them.
    await scene.clock.advance(5 * 41_000 + 60_000);
    expect(handled.filter((n) => n === 1)).toHaveLength(5);
    expect(handled.slice(-2)).toEqual([2, 3]);
    expect(consumer.commits.at(-1)?.offsets).toMatchObject([{ next: 4n }]);
    expect(consumer.rebuilds).toEqual([]);
    const text = await scene.metrics.registry.metrics();
    expect(text).toContain('pipeline_handler_timeouts_total{pipeline="lab"} 5');
  });

  it('[CON-14] begins a partition again soon after a rebalance although a handler never ends', async () => {
    const scene = new RuntimeScene();
    const handled: number[] = [];
    const handler = async (event: unknown) => {
      handled.push((event as { n: number }).n);
      if (handled.length === 1) await new Promise(() => undefined);
    };
    const consumer = scene.read('lab', { kind: 'record', handler }, {});
    await scene.connect();
    await consumer.assign(0);
    await consumer.deliver(batchOf(0, 2));
    await scene.clock.flush();
    await consumer.assign(0);
    await consumer.deliver(batchOf(0, 2));
    await scene.clock.advance(2_000);
    expect(handled).toEqual([0, 0, 1]);
  });

  it('[CON-14] drains on time although a handler never ends', async () => {
    const scene = new RuntimeScene();
    const consumer = scene.read('lab');
    await scene.connect();
    await consumer.assign(0);
    await consumer.deliver(batchOf(0, 2));
    const drained = scene.participant.drain?.({ deadlineMs: 5_000 });
    await scene.clock.advance(5_000);
    await drained;
    await scene.participant.close?.({ deadlineMs: 1_000 });
    await scene.clock.flush();
    expect([consumer.stopped, scene.clock.pendingTimers]).toEqual([1, 0]);
  });

  it('[HLT-03] rebuilds a client that silently stopped, and fails when it does not help', async () => {
    const { scene, consumer } = await working();
    scene.lag = 40;
    await scene.clock.advance(150_000);
    expect(consumer.rebuilds).toMatchObject([{ code: 'CONSUMER_STALLED' }]);
    expect(scene.failures).toEqual([]);
    await scene.clock.advance(600_000);
    expect(scene.failures).toMatchObject([{ code: 'CONSUMER_STALLED' }]);
  });

  it('[HLT-02] never gives the process up in an hour without brokers', async () => {
    const { scene, consumer } = await working();
    scene.lag = 40;
    scene.isConnected = false;
    await scene.clock.advance(3_600_000);
    expect([consumer.rebuilds, scene.failures]).toEqual([[], []]);
  });

  it('[HLT-03] gives the process up when a fatal error of the client lasts a minute', async () => {
    const { scene, consumer } = await working();
    const crash = { error: new OffsetLostError(), restartInMs: 1_000 };
    for (const _ of numbers(12)) {
      await consumer.emit('crashed', crash);
      expect([scene.ready, scene.failures]).toEqual(['down', []]);
      await scene.clock.advance(5_000);
      await consumer.assign(0, 1);
    }
    expect(scene.failures).toMatchObject([{ code: 'GROUP_OFFSET_LOST' }]);
  });

  it('[HLT-03] goes on when the fatal error is healed in time', async () => {
    const { scene, consumer } = await working();
    await consumer.emit('crashed', { error: new OffsetLostError(), restartInMs: 1_000 });
    await scene.clock.advance(30_000);
    await consumer.assign(0, 1);
    await consumer.deliver(batchOf(0, 1));
    await scene.clock.advance(1_000);
    expect(scene.ready).toBe('up');
    await scene.clock.advance(120_000);
    expect(scene.failures).toEqual([]);
  });
});
