import { Logger } from '@nestjs/common';
import type { MillraceError } from 'millrace/errors';
import { FakeClock } from 'millrace/testing';
import type { GroupState, PartitionProgress } from '../lanes/group.status';
import { numbers } from '../fakes/records';
import { ProgressWatchdog } from './progress.watchdog';

beforeAll(() => Logger.overrideLogger(false));

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

class WatchdogScene {
  readonly clock = new FakeClock();
  readonly partitions: Array<Mutable<PartitionProgress>>;
  state: GroupState = 'assigned';
  areBrokersUp = true;
  areGatesOpen = true;
  lag: number | null = 100;
  isOwnLag = true;
  asked = 0;
  overdueMs: number | null = null;
  readonly rebuiltAtMs: number[] = [];
  readonly failures: MillraceError[] = [];
  readonly watchdog: ProgressWatchdog;

  constructor(partitions = 1, giveUpMs = 600_000) {
    this.partitions = numbers(partitions).map((partition) => ({
      topic: 'readings',
      partition,
      isIdle: true,
      isPaused: false,
      committable: null,
    }));
    this.watchdog = new ProgressWatchdog({
      groupId: 'lab',
      group: this,
      isWorkPossible: () => this.areBrokersUp && this.areGatesOpen,
      lag: () => this.lag,
      lagOf: async (still) => {
        this.asked += 1;
        if (!this.areBrokersUp) throw new Error('no broker');
        return this.isOwnLag ? still.length * 50 : 0;
      },
      overdueCallMs: () => this.overdueMs,
      stallMs: 120_000,
      giveUpMs,
      clock: this.clock,
      onRebuild: () => undefined,
      fail: (error) => this.failures.push(error),
    });
    this.watchdog.start();
  }

  get status() {
    return { state: this.state };
  }

  get progress(): readonly PartitionProgress[] {
    return this.partitions.map((partition) => ({ ...partition }));
  }

  rebuild(): void {
    this.rebuiltAtMs.push(this.clock.monotonicMs());
  }

  async minutes(count: number): Promise<void> {
    await this.clock.advance(count * 60_000);
  }

  get rebuilds(): number {
    return this.rebuiltAtMs.length;
  }
}

describe('ProgressWatchdog', () => {
  it('[P9] [HLT-03] rebuilds a client that silently stopped, then ends the process', async () => {
    const scene = new WatchdogScene();
    await scene.minutes(2.5);
    expect(scene.rebuiltAtMs).toEqual([150_000]);
    await scene.minutes(6);
    expect(scene.rebuilds).toBe(3);
    expect(scene.failures).toMatchObject([{ code: 'CONSUMER_STALLED' }]);
    await scene.minutes(60);
    expect([scene.rebuilds, scene.failures.length, scene.clock.pendingTimers]).toEqual([3, 1, 0]);
  });

  it('[HLT-03] begins anew after a rebuild that helped', async () => {
    const scene = new WatchdogScene();
    const [partition] = scene.partitions;
    for (const round of numbers(10)) {
      await scene.minutes(2.5);
      if (partition !== undefined) partition.committable = BigInt(round + 1);
      await scene.minutes(0.5);
    }
    expect(scene.rebuilds).toBeGreaterThan(4);
    expect(scene.failures).toEqual([]);
  });

  it('finds the one partition that stands still beside others that flow', async () => {
    const scene = new WatchdogScene(2);
    const flow = async (steps: number) => {
      for (const _ of numbers(steps)) {
        await scene.clock.advance(10_000);
        const [first] = scene.partitions;
        if (first !== undefined) first.committable = (first.committable ?? 0n) + 1n;
      }
    };
    await flow(16);
    expect(scene.rebuilds).toBe(1);
    await flow(60);
    expect([scene.rebuilds, scene.failures.length]).toEqual([3, 1]);
  });

  it.each<[string, (scene: WatchdogScene) => void]>([
    ['all brokers are away', (scene) => (scene.areBrokersUp = false)],
    ['a gate is closed', (scene) => (scene.areGatesOpen = false)],
    ['there is no lag', (scene) => (scene.lag = 0)],
    ['the lag is not known', (scene) => (scene.lag = null)],
    ['only other members have lag', (scene) => (scene.isOwnLag = false)],
    ['it is paused', (scene) => scene.partitions.forEach((each) => (each.isPaused = true))],
    ['a record is in hand', (scene) => scene.partitions.forEach((each) => (each.isIdle = false))],
    ['it has no partitions', (scene) => scene.partitions.splice(0)],
    ['it is stopped', (scene) => (scene.state = 'stopped')],
  ])('[HLT-02] leaves it alone for an hour while %s', async (_, arrange) => {
    const scene = new WatchdogScene();
    arrange(scene);
    await scene.minutes(60);
    expect([scene.rebuilds, scene.failures]).toEqual([0, []]);
    scene.watchdog.stop();
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('[HLT-02] counts from the end of an outage, not from its beginning', async () => {
    const scene = new WatchdogScene();
    scene.areBrokersUp = false;
    await scene.minutes(30);
    scene.areBrokersUp = true;
    await scene.minutes(1.9);
    expect(scene.rebuilds).toBe(0);
    await scene.minutes(1);
    expect(scene.rebuilds).toBe(1);
  });

  it.each<GroupState>(['joining', 'rebalancing', 'crashed'])(
    '[HLT-03] ends the process when it stays %s although brokers answer',
    async (state) => {
      const scene = new WatchdogScene();
      scene.state = state;
      await scene.minutes(10);
      expect([scene.rebuilds, scene.failures.length]).toEqual([3, 1]);
    },
  );

  it('[I6] ends the process when a sink never answers', async () => {
    const scene = new WatchdogScene();
    scene.partitions.forEach((each) => (each.isIdle = false));
    scene.overdueMs = 119_999;
    await scene.minutes(10);
    expect(scene.rebuilds).toBe(0);
    scene.overdueMs = 120_000;
    await scene.minutes(10);
    expect([scene.rebuilds, scene.failures.length]).toEqual([3, 1]);
  });

  it('gives up at the end of its time, also before the third rebuild', async () => {
    const scene = new WatchdogScene(1, 200_000);
    await scene.minutes(10);
    expect([scene.rebuilds, scene.failures.length]).toEqual([2, 1]);
  });
});
