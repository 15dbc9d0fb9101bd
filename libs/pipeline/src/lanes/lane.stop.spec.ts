import { LaneScene } from '../fakes/lane.scene';
import { batchOf } from '../fakes/records';

function heldScene(limits = {}, predecessor?: Promise<void>): LaneScene {
  const scene = new LaneScene(limits, predecessor);
  scene.isHeld = true;
  return scene;
}

describe('Lane.stop', () => {
  it('[W4] moves the watermark no more once it has answered, though an abandoned handler ends well', async () => {
    const scene = heldScene();
    scene.ignoresSignal = true;
    scene.lane.offer(batchOf(0, 4));
    await scene.clock.flush();
    const stopped = scene.lane.stop('revoked', 5_000);
    await scene.clock.advance(5_500);
    expect(await stopped).toBe(1);
    await scene.release();
    expect([scene.lane.watermark.committable, scene.told]).toEqual([null, []]);
    await scene.lane.settled();
    expect([scene.lane.isIdle, scene.lane.inFlightRecords]).toEqual([true, 0]);
  });

  it('counts what ends well within the moment of grace', async () => {
    const scene = heldScene();
    scene.ignoresSignal = true;
    scene.lane.offer(batchOf(0, 4));
    await scene.clock.flush();
    const stopped = scene.lane.stop('revoked', 0);
    await scene.clock.advance(400);
    await scene.release();
    expect([await stopped, scene.lane.watermark.committable]).toEqual([0, 4n]);
  });

  it('does not wait a second time for what it has abandoned', async () => {
    const scene = heldScene();
    scene.lane.offer(batchOf(0, 4));
    await scene.clock.flush();
    void scene.lane.stop('revoked', 0);
    await scene.clock.advance(500);
    expect(await scene.lane.stop('draining', 60_000)).toBe(1);
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('ends the wait for room and says that the batch was dropped', async () => {
    const scene = heldScene();
    scene.lane.offer(batchOf(0, 12));
    await scene.clock.flush();
    const room = scene.lane.whenRoom(200);
    const stopped = scene.lane.stop('draining', 5_000);
    expect(await room).toBe(false);
    await scene.release();
    expect([await stopped, scene.told, scene.clock.pendingTimers]).toEqual([0, ['progress 4'], 0]);
  });

  it('pauses again a partition that gives it batches though it is full', async () => {
    const scene = heldScene();
    scene.lane.offer(batchOf(0, 12));
    for (const from of [12, 13]) {
      const room = scene.lane.whenRoom(200);
      await scene.clock.advance(200);
      expect(await room).toBe(true);
      scene.lane.offer(batchOf(from, from + 1));
    }
    expect(scene.told).toEqual(['full', 'full']);
  });

  it('is not settled before the work of the epoch before it, though it was given nothing', async () => {
    let end = (): void => undefined;
    const scene = heldScene({}, new Promise((resolve) => (end = resolve)));
    let isSettled = false;
    void scene.lane.settled().then(() => (isSettled = true));
    await scene.lane.stop('revoked', 0);
    await scene.clock.flush();
    expect(isSettled).toBe(false);
    end();
    await scene.clock.flush();
    expect(isSettled).toBe(true);
  });

  it('moves on over batches that hold control records only, also at the end of the queue', async () => {
    const scene = heldScene();
    scene.lane.offer(batchOf(0, 0, { nextOffset: 2n }));
    await scene.clock.flush();
    expect([scene.slices, scene.lane.watermark.committable]).toEqual([[], 2n]);
    scene.lane.offer(batchOf(2, 6));
    scene.lane.offer(batchOf(6, 6, { nextOffset: 8n }));
    await scene.release();
    expect([scene.slices, scene.lane.watermark.committable]).toEqual([[[2, 3, 4, 5]], 8n]);
    expect([scene.lane.isIdle, scene.told]).toEqual([
      true,
      ['progress 0', 'progress 4', 'progress 0'],
    ]);
  });

  it('[W3] stays where it is when records come again in the same epoch', async () => {
    const scene = new LaneScene();
    for (const [from, to] of [
      [0, 4],
      [1, 3],
      [4, 5],
    ] as const) {
      scene.lane.offer(batchOf(from, to));
      await scene.clock.flush();
    }
    expect(scene.told).toEqual(['progress 4', 'lowered', 'progress 2', 'progress 1']);
    expect(scene.lane.watermark.committable).toBe(5n);
  });
});
