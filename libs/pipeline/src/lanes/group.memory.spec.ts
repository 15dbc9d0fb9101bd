import { Logger } from '@nestjs/common';
import { Metrics } from 'millrace/metrics';
import { aRecord, FakeClock, MemoryBroker, MemoryDriver } from 'millrace/testing';
import { pipelineMetrics } from '../pipeline.metrics';
import { GroupConsumer } from './group.consumer';
import type { LaneLimits, SliceHandler } from './lane';

beforeAll(() => Logger.overrideLogger(false));

const RECORDS = 300;
const LIMITS: LaneLimits = {
  maxInFlightRecords: 20,
  maxInFlightBytes: 1_000_000,
  sliceRecords: 5,
  parkAfterMs: 5_000,
};

/** One topic of the in-memory broker; its members handle keys, of which `slow` hangs for a minute once. */
class BrokerScene {
  readonly clock = new FakeClock();
  readonly broker = new MemoryBroker({ clock: this.clock, defaultPartitions: 2 });
  readonly done: string[] = [];
  readonly pausedFor = new Set<string>();
  private hasHung = false;

  constructor(private readonly limits: LaneLimits) {
    this.broker.createTopic({ topic: 'readings', partitions: 2 });
    for (let n = 0; n < RECORDS; n += 1) {
      const key = n % 7 === 0 ? 'slow' : `k${n % 5}`;
      this.broker.append('readings', { ...aRecord({ key, value: `${key}/${n}` }) });
    }
  }

  async join(): Promise<GroupConsumer> {
    const handle: SliceHandler = async (records, { signal }) => {
      const isSlow = records.some(({ key }) => key?.toString() === 'slow');
      const takesMs = isSlow && !this.hasHung ? 60_000 : 5;
      this.hasHung ||= isSlow;
      await new Promise<void>((resolve) => this.clock.setTimer(resolve, takesMs));
      if (signal.aborted) throw signal.reason as Error;
      this.done.push(...records.map(({ value }) => value?.toString() ?? ''));
    };
    const metrics = pipelineMetrics(new Metrics());
    const driver = new MemoryDriver({ broker: this.broker });
    await driver.connect();
    const group = new GroupConsumer({
      groupId: 'lab',
      pipeline: 'lab',
      consumer: driver.consumer({ groupId: 'lab', topics: ['readings'] }),
      handlers: new Map([['readings', handle]]),
      limits: this.limits,
      commit: { intervalMs: 1_000, everyRecords: 1_000 },
      revokeDrainMs: 1_000,
      metrics,
      clock: this.clock,
    });
    const pause = jest.spyOn(metrics.paused, 'set');
    pause.mockImplementation((...args: unknown[]) => {
      const [{ reason }, value] = args as [{ reason: string }, number];
      if (value === 1) this.pausedFor.add(reason);
    });
    void group.start(new AbortController().signal);
    await this.clock.advance(100);
    return group;
  }

  async isDone(groups: readonly GroupConsumer[]): Promise<boolean> {
    const committed = await new MemoryDriver({ broker: this.broker })
      .admin()
      .committed('lab', 'readings');
    const next = [...committed.values()].reduce<bigint>((sum, offset) => sum + (offset ?? 0n), 0n);
    return next === BigInt(RECORDS) && groups.every((group) => group.isSettled);
  }

  /** Per key: the numbers of its records in the order in which they were first done. */
  get order(): Map<string, number[]> {
    const byKey = new Map<string, number[]>();
    for (const line of new Set(this.done)) {
      const [key = '', n] = line.split('/');
      byKey.set(key, [...(byKey.get(key) ?? []), Number(n)]);
    }
    return byKey;
  }
}

describe('lanes on the in-memory broker', () => {
  it.each<[string, Partial<LaneLimits>]>([
    ['in order', {}],
    ['by key', { perKey: true, windowRecords: 30 }],
  ])(
    '[W9] [CON-07] a member that hangs, parks and is joined by another loses and skips nothing, %s',
    async (_, limits) => {
      const scene = new BrokerScene({ ...LIMITS, ...limits });
      const groups = [await scene.join()];
      await scene.clock.advance(20_000);
      expect(scene.pausedFor).toContain('parked');
      const doneBefore = new Set(scene.done).size;
      expect(doneBefore).toBeGreaterThan(0);
      expect(doneBefore).toBeLessThan(RECORDS);
      await scene.clock.advance(41_000);
      groups.push(await scene.join());
      await scene.clock.runUntil(() => scene.isDone(groups));
      expect(new Set(scene.done).size).toBe(RECORDS);
      for (const [key, numbers] of scene.order) {
        expect([key, numbers]).toEqual([key, [...numbers].sort((one, other) => one - other)]);
      }
      await Promise.all(groups.map((group) => group.drain(1_000)));
    },
  );
});
