import { Logger } from '@nestjs/common';
import { Metrics } from 'millrace/metrics';
import { FakeClock } from 'millrace/testing';
import { FakeConsumer } from '../fakes/fake-consumer';
import { batchOf, StoreAwayError } from '../fakes/records';
import { GroupConsumer } from './group.consumer';
import type { SliceHandler } from './lane';
import { pipelineMetrics } from '../pipeline.metrics';

beforeAll(() => Logger.overrideLogger(false));

class GroupScene {
  readonly clock = new FakeClock();
  readonly consumer = new FakeConsumer();
  readonly metrics = pipelineMetrics(new Metrics());
  readonly handled: string[] = [];
  isHeld = false;
  private readonly waiting: Array<() => void> = [];
  readonly group: GroupConsumer;

  constructor() {
    const handle: SliceHandler = async (records, { partition, signal }) => {
      this.handled.push(...records.map(({ offset }) => `${partition}@${offset}`));
      if (this.isHeld) await new Promise<void>((resolve) => this.waiting.push(resolve));
      if (signal.aborted) throw signal.reason as Error;
    };
    this.group = new GroupConsumer({
      groupId: 'lab',
      pipeline: 'lab',
      consumer: this.consumer,
      handlers: new Map([['readings', handle]]),
      limits: { maxInFlightRecords: 10, maxInFlightBytes: 10_000, sliceRecords: 5 },
      commit: { intervalMs: 1_000, everyRecords: 1_000 },
      revokeDrainMs: 5_000,
      metrics: this.metrics,
      clock: this.clock,
    });
  }

  async release(): Promise<void> {
    this.waiting.splice(0).forEach((end) => end());
    await this.clock.flush();
  }

  get commits(): string[] {
    return this.consumer.commits.map(
      ({ epoch, offsets }) =>
        `${epoch}: ${offsets.map(({ partition, next }) => `${partition}=${next}`).join(' ')}`,
    );
  }
}

async function assigned(...partitions: number[]): Promise<GroupScene> {
  const scene = new GroupScene();
  await scene.group.start(new AbortController().signal);
  await scene.consumer.assign(...partitions);
  return scene;
}

describe('GroupConsumer', () => {
  it('reads on at once, handles in lanes and commits', async () => {
    const scene = await assigned(0, 1);
    expect(await scene.consumer.deliver(batchOf(0, 3))).toEqual({ resume: 3n });
    await scene.consumer.deliver(batchOf(7, 8, { partition: 1 }));
    await scene.clock.advance(1_000);
    expect(scene.handled).toEqual(['0@0', '0@1', '0@2', '1@7']);
    expect(scene.commits).toEqual(['1: 0=3 1=8']);
    expect(scene.group.isSettled).toBe(true);
  });

  it('[BKP-01] [W7] pauses a partition that holds too much and resumes it at half, others go on', async () => {
    const scene = await assigned(0, 1);
    scene.isHeld = true;
    const answer = scene.consumer.deliver(batchOf(0, 12));
    await scene.clock.advance(200);
    expect(await answer).toEqual({ resume: 12n });
    expect([...scene.consumer.paused]).toEqual(['readings/0']);
    expect(await scene.consumer.deliver(batchOf(0, 1, { partition: 1 }))).toEqual({ resume: 1n });
    await scene.release();
    await scene.release();
    await scene.release();
    expect([...scene.consumer.paused]).toEqual([]);
  });

  it('[W10] takes the pauses of the old lanes back after a rebalance, and keeps those of a drain', async () => {
    const scene = await assigned(0);
    scene.isHeld = true;
    void scene.consumer.deliver(batchOf(0, 12));
    await scene.clock.advance(200);
    await scene.consumer.assign(0);
    expect([...scene.consumer.paused]).toEqual([]);
    const gauge = await scene.metrics.paused.get();
    expect(gauge.values.map(({ value }) => value)).toEqual([0]);
  });

  it('[CON-10] never commits what an older epoch finishes late', async () => {
    const scene = await assigned(0);
    scene.isHeld = true;
    await scene.consumer.deliver(batchOf(0, 3));
    await scene.clock.flush();
    await scene.consumer.assign(0);
    scene.isHeld = false;
    await scene.release();
    await scene.clock.advance(10_000);
    expect(scene.commits).toEqual([]);
    expect(await scene.consumer.deliver(batchOf(0, 3), 1)).toEqual({ resume: null });
    await scene.consumer.deliver(batchOf(0, 3), 2);
    await scene.clock.advance(10_000);
    expect(scene.commits).toEqual(['2: 0=3']);
    expect(await scene.consumer.deliver(batchOf(3, 5), 1)).toEqual({ resume: null });
    expect(scene.handled).not.toContain('0@3');
  });

  it('lets a lane of the new epoch wait for the work of the old one', async () => {
    const scene = await assigned(0);
    scene.isHeld = true;
    await scene.consumer.deliver(batchOf(0, 3));
    await scene.clock.flush();
    await scene.consumer.assign(0);
    await scene.consumer.deliver(batchOf(0, 1));
    await scene.clock.advance(10_000);
    expect(scene.handled).toEqual(['0@0', '0@1', '0@2']);
    await scene.release();
    expect(scene.handled).toEqual(['0@0', '0@1', '0@2', '0@0']);
  });

  it('finishes and commits the work in hand before partitions move', async () => {
    const scene = await assigned(0);
    scene.isHeld = true;
    await scene.consumer.deliver(batchOf(0, 8));
    await scene.clock.flush();
    const rebalancing = scene.consumer.emit('rebalancing', { epoch: 1, reason: 'member joined' });
    expect(await scene.consumer.deliver(batchOf(8, 9))).toEqual({ resume: null });
    await scene.release();
    await rebalancing;
    expect(scene.handled).toHaveLength(5);
    expect(scene.commits).toEqual(['1: 0=5']);
  });

  it('gives the work up at the end of the budget of a rebalance', async () => {
    const scene = await assigned(0);
    scene.isHeld = true;
    await scene.consumer.deliver(batchOf(0, 3));
    await scene.clock.flush();
    let hasMoved = false;
    void scene.consumer
      .emit('rebalancing', { epoch: 1, reason: 'x' })
      .then(() => (hasMoved = true));
    await scene.clock.advance(4_999);
    expect(hasMoved).toBe(false);
    await scene.clock.advance(501);
    expect(hasMoved).toBe(true);
    expect(scene.commits).toEqual([]);
  });

  it('begins no lane while the group rebalances', async () => {
    const scene = await assigned(0, 1);
    await scene.consumer.emit('rebalancing', { epoch: 1, reason: 'x' });
    expect(await scene.consumer.deliver(batchOf(0, 1, { partition: 1 }))).toEqual({ resume: null });
    expect(scene.handled).toEqual([]);
  });

  it('keeps a lane that got its first batch before the news of its assignment', async () => {
    const scene = await assigned(0);
    await scene.consumer.deliver(batchOf(0, 1), 2);
    await scene.consumer.assign(0);
    expect(await scene.consumer.deliver(batchOf(1, 2))).toEqual({ resume: 2n });
    await scene.clock.advance(1_000);
    expect(scene.commits).toEqual(['2: 0=2']);
  });

  it('pauses a partition whose offset is lost and says so until the next assignment', async () => {
    const scene = await assigned(0, 1);
    const loss = { committed: 10n, earliest: 250n, end: 300n };
    await scene.consumer.emit('offsetLost', { topic: 'readings', partition: 1, ...loss });
    expect([...scene.consumer.paused]).toEqual(['readings/1']);
    expect(scene.group.status).toMatchObject({ state: 'assigned', lostPartitions: 1 });
    const gaps = await scene.metrics.gaps.get();
    expect(gaps.values).toEqual([{ labels: { pipeline: 'lab', topic: 'readings' }, value: 240 }]);
  });

  it('tells that its client crashed and goes on with the next assignment', async () => {
    const scene = await assigned(0);
    await scene.consumer.emit('crashed', { error: new StoreAwayError(), restartInMs: 1_000 });
    expect(scene.group.status.state).toBe('crashed');
    await scene.consumer.assign(0);
    await scene.clock.advance(3_000);
    expect(scene.group.status).toMatchObject({ state: 'assigned', forMs: 3_000, partitions: 1 });
  });

  it('[HLT-04] drains: finishes what is in hand, commits it, then leaves the group', async () => {
    const scene = await assigned(0);
    scene.isHeld = true;
    await scene.consumer.deliver(batchOf(0, 8));
    await scene.clock.flush();
    const drained = scene.group.drain(10_000);
    expect([...scene.consumer.paused]).toEqual(['readings/0']);
    await scene.release();
    await drained;
    expect(scene.commits).toEqual(['1: 0=5']);
    expect(scene.consumer.calls).toEqual(['commit', 'stop']);
    expect(scene.group.status).toMatchObject({ state: 'stopped', inFlightRecords: 0 });
    expect([scene.group.isSettled, scene.clock.pendingTimers]).toEqual([true, 0]);
    expect(await scene.consumer.deliver(batchOf(8, 9))).toEqual({ resume: null });
  });

  it('[HLT-04] commits and leaves although one handler ignores its signal', async () => {
    const scene = await assigned(0, 1);
    await scene.consumer.deliver(batchOf(0, 3));
    await scene.clock.flush();
    scene.isHeld = true;
    await scene.consumer.deliver(batchOf(0, 1, { partition: 1 }));
    await scene.clock.flush();
    const drained = scene.group.drain(10_000);
    await scene.clock.advance(8_500);
    await drained;
    expect(scene.commits).toEqual(['1: 0=3']);
    expect(scene.consumer.stopped).toBe(1);
  });
});
