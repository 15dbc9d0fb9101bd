import { Metrics } from 'millrace/metrics';
import { FakeConsumer } from '../fakes/fake-consumer';
import { pipelineMetrics } from '../pipeline.metrics';
import type { PauseReason } from './paused-partitions';
import { PAUSE_REASONS, PausedPartitions } from './paused-partitions';

class PauseScene {
  readonly consumer = new FakeConsumer();
  readonly metrics = pipelineMetrics(new Metrics());
  readonly paused = new PausedPartitions(this.consumer, this.metrics.paused, 'lab');

  constructor() {
    this.consumer.on('joined', ({ partitions }) => this.paused.reapply(partitions));
  }

  add(partition: number, reason: PauseReason): void {
    this.paused.add({ topic: 'readings', partition }, reason);
  }

  remove(partition: number, reason: PauseReason): void {
    this.paused.remove({ topic: 'readings', partition }, reason);
  }

  get flowing(): boolean {
    return this.consumer.paused.size === 0;
  }

  /** `<partition> <reason>` of what the metric says is paused. */
  async shown(): Promise<string[]> {
    const { values } = await this.metrics.paused.get();
    return values
      .filter(({ value }) => value === 1)
      .map(({ labels }) => `${labels.partition} ${labels.reason}`);
  }
}

describe('PausedPartitions', () => {
  it('lets a partition flow only when its last reason is gone', async () => {
    const scene = new PauseScene();
    await scene.consumer.assign(0);
    scene.add(0, 'operator');
    scene.add(0, 'backpressure');
    scene.remove(0, 'operator');
    expect([scene.flowing, await scene.shown()]).toEqual([false, ['0 backpressure']]);
    scene.remove(0, 'backpressure');
    expect([scene.flowing, await scene.shown()]).toEqual([true, []]);
  });

  it('resumes nothing that it did not pause', async () => {
    const scene = new PauseScene();
    await scene.consumer.assign(0);
    scene.consumer.pause([{ topic: 'readings', partition: 0 }]);
    scene.remove(0, 'backpressure');
    expect(scene.flowing).toBe(false);
  });

  it.each<[PauseReason, boolean]>([
    ['operator', true],
    ['stop_the_line', true],
    ['undecodable', true],
    ['draining', true],
    ['backpressure', false],
    ['parked', false],
    ['offset_lost', false],
  ])('[W10] after a rebalance a pause of %s is applied again: %s', async (reason, isKept) => {
    const scene = new PauseScene();
    await scene.consumer.assign(0, 1);
    scene.add(0, reason);
    await scene.consumer.assign(0, 1);
    expect([...scene.consumer.paused]).toEqual(isKept ? ['readings/0'] : []);
    expect(await scene.shown()).toEqual(isKept ? [`0 ${reason}`] : []);
  });

  it('[W10] keeps a pause that is wanted while the partition is away, and shows it to nobody', async () => {
    const scene = new PauseScene();
    await scene.consumer.assign(0, 1);
    scene.add(1, 'operator');
    await scene.consumer.assign(0);
    expect([scene.flowing, await scene.shown()]).toEqual([true, []]);
    await scene.consumer.assign(0, 1);
    expect([...scene.consumer.paused]).toEqual(['readings/1']);
    expect(await scene.shown()).toEqual(['1 operator']);
  });

  it('says for every reason whether it survives', () => {
    expect([...PAUSE_REASONS].sort()).toEqual([
      'backpressure',
      'draining',
      'offset_lost',
      'operator',
      'parked',
      'stop_the_line',
      'undecodable',
    ]);
  });
});
