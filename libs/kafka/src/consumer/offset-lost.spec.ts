import { Logger } from '@nestjs/common';
import { ConsumerScene, p } from '../fakes/consumer-scene';

describe('a position that is not in the log', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  const range = (low: number, high: number) => [{ low: String(low), high: String(high) }];

  it('is told with the exact gap, and the partition stays paused [P2]', async () => {
    const scene = new ConsumerScene();
    scene.cluster.committed.set('g', new Map([[0, '100']]));
    scene.cluster.ranges.set('prices', range(500, 900));
    await scene.joined();
    await scene.vendor.hooks.outOfRange(p(0));
    expect(scene.events('offsetLost')).toEqual([
      { ...p(0), committed: 100n, earliest: 500n, end: 900n },
    ]);
    expect([...scene.vendor.paused.keys()]).toEqual(['prices/0']);
    expect(scene.vendor.commits).toEqual([]);
    expect(scene.vendor.seeks).toEqual([]);
  });

  it('goes on where the listener says', async () => {
    const scene = new ConsumerScene();
    scene.cluster.committed.set('g', new Map([[0, '100']]));
    scene.cluster.ranges.set('prices', range(500, 900));
    scene.consumer.on('offsetLost', ({ topic, partition, earliest }) => {
      scene.consumer.seek({ topic, partition, offset: earliest });
      scene.consumer.resume([{ topic, partition }]);
    });
    await scene.joined();
    await scene.vendor.hooks.outOfRange(p(0));
    expect(scene.vendor.seeks).toEqual([{ ...p(0), offset: '500' }]);
    expect(scene.vendor.paused.size).toBe(0);
  });

  it('counts from what was read, where something was read', async () => {
    const scene = new ConsumerScene();
    scene.cluster.committed.set('g', new Map([[0, '100']]));
    scene.cluster.ranges.set('prices', range(500, 900));
    await scene.joined();
    await scene.vendor.deliver(p(0), [248, 249]);
    await scene.vendor.hooks.outOfRange(p(0));
    expect(scene.events('offsetLost')).toMatchObject([{ committed: 250n }]);
  });

  it('is lost behind the end too: the topic was created again', async () => {
    const scene = new ConsumerScene();
    scene.cluster.committed.set('g', new Map([[0, '100']]));
    scene.cluster.ranges.set('prices', range(0, 3));
    await scene.joined();
    await scene.vendor.hooks.outOfRange(p(0));
    expect(scene.events('offsetLost')).toMatchObject([{ committed: 100n, end: 3n }]);
  });

  it('is no loss when it is in the log after all', async () => {
    const scene = new ConsumerScene();
    scene.cluster.committed.set('g', new Map([[0, '600']]));
    scene.cluster.ranges.set('prices', range(500, 900));
    await scene.joined();
    await scene.vendor.hooks.outOfRange(p(0));
    expect(scene.events('offsetLost')).toEqual([]);
    expect(scene.vendor.paused.size).toBe(0);
  });

  it('is asked for again when the log cannot be asked', async () => {
    const scene = new ConsumerScene();
    await scene.joined();
    scene.cluster.isDown = true;
    const asked = scene.vendor.hooks.outOfRange(p(0));
    await scene.clock.advance(2_000);
    await asked;
    expect(scene.events('offsetLost')).toEqual([]);
    expect(scene.vendor.paused.size).toBe(0);
  });
});
