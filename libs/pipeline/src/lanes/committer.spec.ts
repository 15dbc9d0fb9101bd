import { FakeClock } from 'millrace/testing';
import { Committer } from './committer';
import { FakeConsumer } from '../fakes/fake-consumer';
import { batchOf, StoreAwayError } from '../fakes/records';
import { Lane } from './lane';

/** A driver without the fence: it commits whatever it is told. */
class UnfencedConsumer extends FakeConsumer {
  override async commit(...[offsets, epoch]: Parameters<FakeConsumer['commit']>) {
    this.commits.push({ epoch, offsets });
    return 'committed' as const;
  }
}

class CommitterScene {
  readonly clock = new FakeClock();
  readonly lanes: Lane[] = [];
  readonly failures: unknown[] = [];
  readonly stale: number[] = [];
  readonly committer: Committer;

  constructor(readonly consumer = new FakeConsumer()) {
    this.committer = new Committer({
      consumer,
      clock: this.clock,
      intervalMs: 1_000,
      everyRecords: 100,
      lanes: () => this.lanes,
      onStale: (epoch) => this.stale.push(epoch),
      onFailed: (error) => this.failures.push(error),
      onCommitted: () => undefined,
    });
  }

  /** A lane whose records are finished as they come. */
  lane(partition: number, epoch = 1): Lane {
    const lane = new Lane(
      { topic: 'readings', partition },
      epoch,
      { maxInFlightRecords: 1_000, maxInFlightBytes: 100_000, sliceRecords: 500 },
      async () => undefined,
      {
        full: () => undefined,
        drained: () => undefined,
        parked: () => undefined,
        unparked: () => undefined,
        lowered: () => undefined,
        progress: (_, records) => this.committer.progress(records),
        fault: () => undefined,
      },
      this.clock,
    );
    this.lanes.push(lane);
    return lane;
  }

  /** `<partition>=<next>` per call. */
  get commits(): string[] {
    return this.consumer.commits.map(({ offsets }) =>
      offsets.map(({ partition, next }) => `${partition}=${next}`).join(' '),
    );
  }
}

async function sceneOf(...partitions: number[]): Promise<CommitterScene> {
  const scene = new CommitterScene();
  await scene.consumer.assign(...partitions);
  for (const partition of partitions) scene.lane(partition);
  return scene;
}

describe('Committer', () => {
  it('[W4] [NC5] commits nothing of a lost assignment; without the fence it would', async () => {
    const commitsAfterLoss = async (consumer: FakeConsumer) => {
      const scene = new CommitterScene(consumer);
      await consumer.assign(0);
      scene.lane(0).offer(batchOf(0, 2));
      await scene.clock.flush();
      await consumer.assign(1);
      await scene.clock.advance(1_000);
      return scene.commits;
    };
    expect(await commitsAfterLoss(new FakeConsumer())).toEqual([]);
    expect(await commitsAfterLoss(new UnfencedConsumer())).toEqual(['0=2']);
  });

  it('[W5] commits all partitions in one call when the interval is over', async () => {
    const scene = await sceneOf(0, 1);
    scene.lanes[0]?.offer(batchOf(0, 10));
    scene.lanes[1]?.offer(batchOf(0, 20, { partition: 1 }));
    await scene.clock.advance(999);
    expect(scene.commits).toEqual([]);
    await scene.clock.advance(1);
    expect(scene.commits).toEqual(['0=10 1=20']);
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('[W5] does not wait for the interval after so many records', async () => {
    const scene = await sceneOf(0);
    scene.lanes[0]?.offer(batchOf(0, 99));
    await scene.clock.flush();
    expect(scene.commits).toEqual([]);
    scene.lanes[0]?.offer(batchOf(99, 100));
    await scene.clock.flush();
    expect(scene.commits).toEqual(['0=100']);
  });

  it('[W3] commits no offset twice', async () => {
    const scene = await sceneOf(0);
    scene.lanes[0]?.offer(batchOf(0, 10));
    await scene.clock.advance(1_000);
    await scene.committer.flush();
    await scene.clock.advance(10_000);
    expect(scene.commits).toEqual(['0=10']);
    expect(scene.committer.isPending).toBe(false);
  });

  it.each([
    ['count', 150],
    ['time', 1],
  ])(
    'makes one call at a time; what comes meanwhile is committed after it, by %s',
    async (_, more) => {
      const scene = await sceneOf(0);
      const answers: Array<() => void> = [];
      let open = 0;
      let mostOpen = 0;
      scene.consumer.answer = async () => {
        mostOpen = Math.max(mostOpen, (open += 1));
        await new Promise<void>((resolve) => answers.push(resolve));
        open -= 1;
        return 'committed';
      };
      scene.lanes[0]?.offer(batchOf(0, 100));
      await scene.clock.flush();
      scene.lanes[0]?.offer(batchOf(100, 100 + more));
      await scene.clock.advance(5_000);
      expect(answers).toHaveLength(1);
      answers[0]?.();
      await scene.clock.advance(0);
      answers[1]?.();
      await scene.clock.flush();
      expect(scene.commits).toEqual(['0=100', `0=${100 + more}`]);
      expect(mostOpen).toBe(1);
    },
  );

  it('[W6] keeps the watermark when a commit fails and tries again', async () => {
    const scene = await sceneOf(0);
    const error = new StoreAwayError();
    scene.consumer.answer = () => Promise.reject(error);
    scene.lanes[0]?.offer(batchOf(0, 10));
    await scene.clock.advance(2_000);
    expect(scene.failures).toEqual([error, error]);
    expect(scene.committer.isPending).toBe(true);
    scene.consumer.answer = async () => 'committed';
    await scene.clock.advance(1_000);
    expect(scene.commits).toEqual(['0=10']);
  });

  it('[W4] drops and counts what an older epoch has finished, and never tries it again', async () => {
    const scene = await sceneOf(0);
    scene.lanes[0]?.offer(batchOf(0, 10));
    await scene.clock.flush();
    await scene.consumer.assign(0);
    await scene.clock.advance(60_000);
    expect([scene.commits, scene.stale]).toEqual([[], [1]]);
    expect(scene.consumer.calls).toEqual(['commit']);
    expect(scene.committer.isPending).toBe(false);
  });

  it('waits in a flush for the call under way and for the rest', async () => {
    const scene = await sceneOf(0);
    let answer = (): void => undefined;
    scene.consumer.answer = async () => {
      await new Promise<void>((resolve) => (answer = resolve));
      scene.consumer.answer = async () => 'committed';
      return 'committed';
    };
    scene.lanes[0]?.offer(batchOf(0, 100));
    await scene.clock.flush();
    scene.lanes[0]?.offer(batchOf(100, 101));
    await scene.clock.flush();
    const flushed = scene.committer.flush();
    answer();
    await flushed;
    expect(scene.commits.at(-1)).toBe('0=101');
  });

  it('commits nothing by itself once it is stopped', async () => {
    const scene = await sceneOf(0);
    scene.committer.stop();
    scene.lanes[0]?.offer(batchOf(0, 200));
    await scene.clock.advance(60_000);
    expect([scene.consumer.calls, scene.clock.pendingTimers]).toEqual([[], 0]);
  });
});
