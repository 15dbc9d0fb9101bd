import { Logger } from '@nestjs/common';
import { ConsumerScene, p, takeAll } from '../fakes/consumer-scene';
import { settle } from '../fakes/manual-clock';

describe('rebalances of a consumer', () => {
  beforeAll(() => Logger.overrideLogger(false));

  it('aborts, waits for the listeners and takes their commits before it joins again [P4] [CON-10]', async () => {
    const scene = new ConsumerScene();
    const signal = await scene.joinedWithABatch();
    let release: () => void = () => undefined;
    let outcome: string | undefined;
    scene.consumer.on('rebalancing', async ({ epoch }) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      outcome = await scene.consumer.commit([{ ...p(0), next: 6n }], epoch);
    });
    const joining = scene.vendor.join([p(0)]);
    await settle();
    expect(signal.reason).toBe('revoked');
    expect(scene.consumer.assignment()).toEqual({ epoch: 1, partitions: [] });
    expect(scene.events('joined')).toHaveLength(1);
    release();
    await joining;
    expect(outcome).toBe('committed');
    expect(scene.vendor.commits[0]?.generation).toBe(1);
    expect(scene.consumer.assignment()).toEqual({ epoch: 2, partitions: [p(0)] });
  });

  it('waits for listeners no longer than revokeDrainMs and 200 ms [P4]', async () => {
    const scene = new ConsumerScene({ consumer: { revokeDrainMs: 5_000 } });
    await scene.joined();
    scene.consumer.on('rebalancing', () => new Promise(() => undefined));
    const joining = scene.vendor.join([p(0)]);
    await scene.clock.advance(5_199);
    expect(scene.events('joined')).toHaveLength(1);
    await scene.clock.advance(1);
    await joining;
    expect(scene.events('joined')).toHaveLength(2);
  });

  it('says lost when the group has given the member up', async () => {
    const scene = new ConsumerScene();
    await scene.joined();
    await scene.vendor.join([p(0)], { lost: true });
    expect(scene.events('rebalancing')).toEqual([{ epoch: 1, reason: 'lost' }]);
  });

  it('hands nothing out between two generations', async () => {
    const scene = new ConsumerScene();
    const handler = jest.fn(takeAll);
    await scene.joined(handler);
    scene.consumer.on('rebalancing', () => new Promise(() => undefined));
    const joining = scene.vendor.join([p(0)]);
    await settle();
    await scene.vendor.deliver(p(0), [5]);
    expect(handler).not.toHaveBeenCalled();
    await scene.clock.advance(10_000);
    await joining;
  });

  it('survives a listener that throws', async () => {
    const scene = new ConsumerScene();
    scene.consumer.on('joined', () => {
      throw new Error('a bug');
    });
    await scene.joined();
    expect(scene.events('joined')).toHaveLength(1);
  });

  it('stops calling a listener that was removed', async () => {
    const scene = new ConsumerScene();
    const listener = jest.fn();
    const remove = scene.consumer.on('joined', listener);
    remove();
    await scene.joined();
    expect(listener).not.toHaveBeenCalled();
  });
});
