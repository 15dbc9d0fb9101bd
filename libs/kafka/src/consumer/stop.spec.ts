import { Logger } from '@nestjs/common';
import { ConsumerScene, p, takeAll } from '../fakes/consumer-scene';
import { connectionError } from '../fakes/fake-producer';
import { settle } from '../fakes/manual-clock';

describe('stopping a consumer [P13]', () => {
  beforeAll(() => Logger.overrideLogger(false));

  it('leaves the group, aborts with draining and refuses later commits', async () => {
    const scene = new ConsumerScene();
    const signal = await scene.joinedWithABatch();
    expect(await scene.consumer.stop({ deadlineMs: 1_000 })).toBe('clean');
    expect(scene.vendor.isDisconnected).toBe(true);
    expect(signal.reason).toBe('draining');
    expect(await scene.consumer.commit([{ ...p(0), next: 6n }], 1)).toBe('stale');
  });

  it('is idempotent', async () => {
    const scene = new ConsumerScene();
    await scene.joined();
    const [first, second] = await Promise.all([
      scene.consumer.stop({ deadlineMs: 1_000 }),
      scene.consumer.stop({ deadlineMs: 1_000 }),
    ]);
    expect([first, second]).toEqual(['clean', 'clean']);
  });

  it('waits for the first join before it tells the client to stop', async () => {
    const scene = new ConsumerScene();
    const started = scene.consumer.start(takeAll);
    started.catch(() => undefined);
    await settle();
    const stopped = scene.consumer.stop({ deadlineMs: 5_000 });
    await scene.clock.advance(1_000);
    expect(scene.vendor.isDisconnected).toBe(false);
    await scene.vendor.join([p(0)]);
    expect(await stopped).toBe('clean');
    expect(scene.vendor.isDisconnected).toBe(true);
    expect(scene.events('joined')).toEqual([]);
    await expect(started).rejects.toMatchObject({ code: 'GROUP_CONSUMER_STOPPED' });
  });

  it('is forced at the deadline while it joins', async () => {
    const scene = new ConsumerScene();
    scene.consumer.start(takeAll).catch(() => undefined);
    await settle();
    const stopped = scene.consumer.stop({ deadlineMs: 5_000 });
    await scene.clock.advance(5_000);
    expect(await stopped).toBe('forced');
  });

  it('is forced at the deadline when the client does not come back', async () => {
    const scene = new ConsumerScene();
    await scene.joined();
    scene.vendor.disconnecting = new Promise(() => undefined);
    const stopped = scene.consumer.stop({ deadlineMs: 2_000 });
    await scene.clock.advance(2_000);
    expect(await stopped).toBe('forced');
  });

  it('ends the wait for a restart', async () => {
    const scene = new ConsumerScene();
    await scene.joined();
    scene.vendor.crash(connectionError());
    await settle();
    expect(await scene.consumer.stop({ deadlineMs: 1_000 })).toBe('clean');
    await scene.clock.advance(60_000);
    expect(scene.cluster.consumers).toHaveLength(1);
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('is clean before the start, and the start is refused then', async () => {
    const scene = new ConsumerScene();
    expect(await scene.consumer.stop({ deadlineMs: 1_000 })).toBe('clean');
    await expect(scene.consumer.start(takeAll)).rejects.toMatchObject({
      code: 'GROUP_CONSUMER_STOPPED',
    });
  });

  it('follows the signal of the start', async () => {
    const scene = new ConsumerScene();
    const abort = new AbortController();
    const started = scene.consumer.start(takeAll, { signal: abort.signal });
    await settle();
    abort.abort();
    await expect(started).rejects.toMatchObject({ code: 'GROUP_CONSUMER_STOPPED' });
  });

  it('stops with its driver', async () => {
    const scene = new ConsumerScene();
    await scene.joined();
    await scene.driver.close({ deadlineMs: 1_000 });
    expect(scene.vendor.isDisconnected).toBe(true);
  });
});
