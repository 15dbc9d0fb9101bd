import { Logger } from '@nestjs/common';
import { Metrics } from 'millrace/metrics';
import { FakeClock } from 'millrace/testing';
import { FakeConsumer } from '../fakes/fake-consumer';
import { batchOf, recordAt } from '../fakes/records';
import { pipelineMetrics } from '../pipeline.metrics';
import { GroupConsumer } from './group.consumer';
import type { SliceHandler } from './lane';

beforeAll(() => Logger.overrideLogger(false));

/** A group whose handler ignores its signal: calls end when the test says so. */
class StubbornScene {
  readonly clock = new FakeClock();
  readonly consumer = new FakeConsumer();
  readonly metrics = pipelineMetrics(new Metrics());
  readonly begun: string[] = [];
  private readonly waiting: Array<() => void> = [];
  readonly group: GroupConsumer;

  constructor() {
    const handle: SliceHandler = async (records, { partition }) => {
      this.begun.push(`${partition}@${records.map(({ offset }) => offset).join('+')}`);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    };
    this.group = new GroupConsumer({
      groupId: 'lab',
      pipeline: 'lab',
      consumer: this.consumer,
      handlers: new Map([
        ['readings', handle],
        ['others', handle],
      ]),
      limits: {
        maxInFlightRecords: 10,
        maxInFlightBytes: 10_000,
        sliceRecords: 2,
        parkAfterMs: 30_000,
      },
      limitsOf: (topic) =>
        topic === 'others'
          ? { maxInFlightRecords: 1, maxInFlightBytes: 10_000, sliceRecords: 1, perKey: true }
          : undefined,
      commit: { intervalMs: 1_000, everyRecords: 1_000 },
      revokeDrainMs: 5_000,
      metrics: this.metrics,
      clock: this.clock,
    });
  }

  async release(): Promise<void> {
    await this.clock.flush();
    this.waiting.shift()?.();
    await this.clock.flush();
  }

  get commits(): string[] {
    return this.consumer.commits.map(
      ({ epoch, offsets }) => `${epoch}: ${offsets.map(({ next }) => next).join(' ')}`,
    );
  }
}

async function assigned(...partitions: number[]): Promise<StubbornScene> {
  const scene = new StubbornScene();
  await scene.group.start(new AbortController().signal);
  await scene.consumer.assign(...partitions);
  return scene;
}

describe('GroupConsumer and its lanes', () => {
  it('[W9] pauses a partition that waits for long, others flow; then it reads on behind the slice', async () => {
    const scene = await assigned(0, 1);
    await scene.consumer.deliver(batchOf(0, 6));
    await scene.clock.advance(30_000);
    expect([...scene.consumer.paused]).toEqual(['readings/0']);
    expect(await scene.consumer.deliver(batchOf(6, 8))).toEqual({ resume: null });
    expect(await scene.consumer.deliver(batchOf(0, 2, { partition: 1 }))).toEqual({ resume: 2n });
    await scene.release();
    expect(scene.consumer.seeks).toEqual([{ topic: 'readings', partition: 0, offset: 2n }]);
    expect([...scene.consumer.paused]).toEqual([]);
    await scene.consumer.deliver(batchOf(2, 4));
    await scene.release();
    await scene.release();
    await scene.clock.advance(1_000);
    expect(scene.begun).toEqual(['0@0+1', '1@0+1', '0@2+3']);
    expect(scene.commits.at(-1)).toBe('1: 4 2');
  });

  it('[W9] [W10] a rebalance ends the wait: the partition is read again from its commit', async () => {
    const scene = await assigned(0);
    await scene.consumer.deliver(batchOf(0, 6));
    await scene.clock.advance(30_000);
    await scene.consumer.assign(0);
    expect([...scene.consumer.paused]).toEqual([]);
    await scene.consumer.deliver(batchOf(0, 2));
    await scene.release();
    await scene.release();
    expect([scene.consumer.seeks, scene.begun]).toEqual([[], ['0@0+1', '0@0+1']]);
  });

  it('does not read on behind a batch that was dropped while its call was open', async () => {
    const scene = await assigned(0);
    const answer = scene.consumer.deliver(batchOf(0, 12));
    const drained = scene.group.drain(1_000);
    expect(await answer).toEqual({ resume: null });
    await scene.clock.advance(2_000);
    await drained;
    expect(scene.commits).toEqual([]);
  });

  it('[CON-10] begins a partition that left and came back only when the old work has ended', async () => {
    const scene = await assigned(0);
    await scene.consumer.deliver(batchOf(0, 2));
    await scene.clock.flush();
    await scene.consumer.assign(1);
    await scene.clock.advance(60_000);
    await scene.consumer.assign(0, 1);
    await scene.consumer.deliver(batchOf(0, 2));
    await scene.clock.advance(20_000);
    expect(scene.begun).toEqual(['0@0+1']);
    await scene.release();
    expect(scene.begun).toEqual(['0@0+1', '0@0+1']);
    await scene.clock.advance(2_000);
    expect(scene.commits).toEqual([]);
  });

  it('[CON-10] waits for the old work through several epochs', async () => {
    const scene = await assigned(0);
    await scene.consumer.deliver(batchOf(0, 2));
    await scene.clock.flush();
    for (const _ of [2, 3]) {
      await scene.consumer.assign(0);
      await scene.consumer.deliver(batchOf(0, 0, { nextOffset: 0n }));
    }
    await scene.consumer.assign(0);
    await scene.consumer.deliver(batchOf(0, 2));
    await scene.clock.advance(20_000);
    expect(scene.begun).toEqual(['0@0+1']);
    await scene.release();
    expect(scene.begun).toEqual(['0@0+1', '0@0+1']);
  });

  it('gives each topic of the group the limits of its reader', async () => {
    const scene = await assigned(0);
    const keys = ['a', 'b', 'a'].map((key, at) => recordAt(at, { key: Buffer.from(key) }));
    await scene.consumer.deliver(batchOf(0, 3, { topic: 'others', records: keys }));
    await scene.consumer.deliver(batchOf(0, 3));
    await scene.clock.flush();
    expect(scene.begun).toEqual(['0@0', '0@1', '0@0+1']);
  });

  it('forgets a lane whose partition has left, once its work has ended', async () => {
    const scene = await assigned(0);
    await scene.consumer.deliver(batchOf(0, 2));
    await scene.clock.flush();
    await scene.consumer.assign(1);
    await scene.clock.advance(60_000);
    expect(scene.group.isSettled).toBe(false);
    await scene.release();
    expect([scene.group.isSettled, scene.group.status.inFlightRecords]).toEqual([true, 0]);
  });

  it('[W3] counts records that come again below the watermark and commits no lower', async () => {
    const scene = await assigned(0);
    await scene.consumer.deliver(batchOf(0, 2));
    await scene.release();
    await scene.clock.advance(1_000);
    await scene.consumer.deliver(batchOf(0, 1));
    await scene.release();
    await scene.clock.advance(5_000);
    expect(scene.commits).toEqual(['1: 2']);
    const { values } = await scene.metrics.loweredOffsets.get();
    expect(values).toEqual([{ labels: { group: 'lab' }, value: 1 }]);
  });
});
