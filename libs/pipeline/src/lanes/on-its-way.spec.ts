import { LaneScene } from '../fakes/lane.scene';
import { batchOf } from '../fakes/records';

/** Slices of four records; the first leaves a letter on its way. */
async function sceneWithLetter(limits = {}): Promise<LaneScene> {
  const scene = new LaneScene(limits);
  scene.leaves = (first) => first === 0;
  scene.lane.offer(batchOf(0, 8));
  await scene.clock.flush();
  return scene;
}

describe('a slice with letters on their way', () => {
  it('does not keep the next slice waiting, and holds the watermark until they have arrived', async () => {
    const scene = await sceneWithLetter();
    expect(scene.slices.map(([first]) => first)).toEqual([0, 4]);
    expect([scene.lane.watermark.committable, scene.told]).toEqual([null, ['progress 4']]);
    await scene.arrive(0);
    expect([scene.lane.watermark.committable, scene.lane.isIdle]).toEqual([8n, true]);
    expect(scene.told).toEqual(['progress 4', 'progress 4']);
  });

  it('keeps the lane at work while nothing else is left', async () => {
    const scene = await sceneWithLetter();
    expect(scene.lane.isIdle).toBe(false);
    scene.lane.offer(batchOf(8, 9));
    await scene.clock.flush();
    expect(scene.slices).toHaveLength(3);
    await scene.arrive(0);
    expect([scene.lane.watermark.committable, scene.lane.isIdle]).toEqual([9n, true]);
  });

  it('takes no room, nor does what is finished behind it: the partition is not paused for them', async () => {
    const scene = await sceneWithLetter();
    expect(scene.lane.inFlightRecords).toBe(0);
    scene.lane.offer(batchOf(8, 20));
    const whenRoom = scene.lane.whenRoom(200);
    await scene.clock.flush();
    expect([await whenRoom, scene.lane.inFlightRecords, scene.told]).toEqual([
      true,
      0,
      Array(4).fill('progress 4'),
    ]);
    await scene.arrive(0);
    expect([scene.lane.watermark.committable, scene.lane.inFlightRecords]).toEqual([20n, 0]);
  });

  it('makes room at once when it is handled', async () => {
    const scene = new LaneScene();
    scene.leaves = () => true;
    scene.isHeld = true;
    scene.lane.offer(batchOf(0, 12));
    let hasRoom = false;
    void scene.lane.whenRoom(200).then(() => (hasRoom = true));
    await scene.clock.flush();
    expect(hasRoom).toBe(false);
    await scene.release();
    expect(hasRoom).toBe(true);
  });

  it('lets the lane get sixteen slices ahead of what may be committed, not more', async () => {
    const scene = new LaneScene({ sliceRecords: 1 });
    scene.leaves = (first) => first === 0;
    scene.lane.offer(batchOf(0, 40));
    await scene.clock.flush();
    expect(scene.slices).toHaveLength(16);
    await scene.arrive(0);
    expect(scene.slices).toHaveLength(40);
    expect(scene.lane.watermark.committable).toBe(40n);
  });

  it('may be followed by three more; the fifth slice waits for one of them', async () => {
    const scene = new LaneScene({ sliceRecords: 1 });
    scene.leaves = () => true;
    scene.lane.offer(batchOf(0, 6));
    await scene.clock.flush();
    expect(scene.slices).toEqual([[0], [1], [2], [3]]);
    await scene.arrive(2);
    expect(scene.slices).toEqual([[0], [1], [2], [3], [4]]);
    expect(scene.lane.watermark.committable).toBe(null);
    for (const first of [0, 1, 3, 4, 5]) await scene.arrive(first);
    expect([scene.lane.watermark.committable, scene.lane.isIdle]).toEqual([6n, true]);
  });

  it('parks the lane when nothing arrives for long', async () => {
    const scene = new LaneScene({ sliceRecords: 1, parkAfterMs: 1_000 });
    scene.leaves = () => true;
    scene.lane.offer(batchOf(0, 6));
    await scene.clock.advance(2_000);
    expect(scene.told).toEqual(['parked']);
    for (const first of [0, 1, 2, 3]) await scene.arrive(first);
    expect(scene.told).toContain('unparked 4');
  });

  it('is waited for by a stop, and counted', async () => {
    const scene = await sceneWithLetter();
    const stopped = scene.lane.stop('draining', 5_000);
    await scene.clock.advance(1_000);
    await scene.arrive(0);
    expect([await stopped, scene.lane.watermark.committable]).toEqual([0, 8n]);
  });

  it('[W4] is not finished when the stop gave it up: its records come again', async () => {
    const scene = await sceneWithLetter();
    const stopped = scene.lane.stop('revoked', 5_000);
    await scene.clock.advance(5_500);
    expect([await stopped, scene.lane.watermark.committable]).toEqual([1, null]);
    expect(scene.lane.isIdle).toBe(true);
  });

  it('lets its key go on when records are handled by key', async () => {
    const scene = new LaneScene({ perKey: true });
    scene.leaves = (first) => first === 0;
    scene.lane.offer(batchOf(0, 3));
    await scene.clock.flush();
    expect(scene.slices).toEqual([[0], [1], [2]]);
    expect([scene.lane.watermark.committable, scene.lane.isIdle]).toEqual([null, false]);
    await scene.arrive(0);
    expect([scene.lane.watermark.committable, scene.lane.isIdle]).toEqual([3n, true]);
  });

  it('of one key is given up with the stop', async () => {
    const scene = new LaneScene({ perKey: true });
    scene.leaves = () => true;
    scene.lane.offer(batchOf(0, 2));
    await scene.clock.flush();
    const stopped = scene.lane.stop('lost', 0);
    await scene.clock.advance(500);
    expect([await stopped, scene.lane.watermark.committable]).toEqual([2, null]);
  });
});
