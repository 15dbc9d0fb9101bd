import { LaneScene } from '../fakes/lane.scene';
import { batchOf, recordAt } from '../fakes/records';

const PARKED = { parkAfterMs: 30_000, maxInFlightRecords: 100 };

function heldScene(limits = {}): LaneScene {
  const scene = new LaneScene({ ...PARKED, ...limits });
  scene.isHeld = true;
  return scene;
}

describe('a lane that waits for long', () => {
  it('[W9] drops what it has not begun, takes nothing more and reads on behind the slice', async () => {
    const scene = heldScene();
    scene.lane.offer(batchOf(0, 6));
    scene.lane.offer(batchOf(6, 9));
    await scene.clock.advance(29_999);
    expect([scene.told, scene.lane.inFlightRecords]).toEqual([[], 9]);
    await scene.clock.advance(1);
    expect([scene.told, scene.lane.inFlightRecords]).toEqual([['parked'], 4]);
    expect(scene.lane.offer(batchOf(9, 12))).toBe(false);
    await scene.clock.advance(600_000);
    await scene.release();
    expect(scene.told.slice(-2)).toEqual(['unparked 4', 'progress 4']);
    expect(scene.slices).toEqual([[0, 1, 2, 3]]);
    expect([scene.lane.isIdle, scene.clock.pendingTimers]).toEqual([true, 0]);
    scene.lane.offer(batchOf(4, 6));
    await scene.release();
    expect(scene.lane.watermark.committable).toBe(6n);
  });

  it('is parked also when nothing waits behind the slice, so that nothing is fetched', async () => {
    const scene = heldScene();
    scene.lane.offer(batchOf(0, 4, { nextOffset: 9n }));
    await scene.clock.advance(30_000);
    await scene.release();
    expect(scene.told).toEqual(['parked', 'unparked 9', 'progress 4']);
  });

  it('asks for its pause again when a batch comes all the same', async () => {
    const scene = heldScene();
    scene.lane.offer(batchOf(0, 4));
    await scene.clock.advance(30_000);
    expect(scene.lane.offer(batchOf(4, 5))).toBe(false);
    expect(scene.told).toEqual(['parked', 'parked']);
  });

  it('says that the batch of an open call was dropped', async () => {
    const scene = heldScene({ maxInFlightRecords: 5 });
    scene.lane.offer(batchOf(0, 4));
    await scene.clock.advance(29_900);
    scene.lane.offer(batchOf(4, 9));
    const room = scene.lane.whenRoom(200);
    await scene.clock.advance(100);
    expect([scene.told, await room]).toEqual([['parked'], false]);
  });

  it('is not parked while slices end in time, however long it works', async () => {
    const scene = heldScene();
    scene.lane.offer(batchOf(0, 40));
    for (let slice = 0; slice < 10; slice += 1) {
      await scene.clock.advance(20_000);
      await scene.release();
    }
    expect(scene.told.filter((line) => line === 'parked')).toEqual([]);
    expect([scene.lane.watermark.committable, scene.clock.pendingTimers]).toEqual([40n, 0]);
  });

  it('notices the second wait as it did the first', async () => {
    const scene = heldScene();
    scene.lane.offer(batchOf(0, 4));
    await scene.clock.advance(31_000);
    await scene.release();
    scene.lane.offer(batchOf(4, 8));
    await scene.clock.advance(30_000);
    expect(scene.told).toEqual(['parked', 'unparked 4', 'progress 4', 'parked']);
  });

  it('is not told to read on once it is stopped', async () => {
    const scene = heldScene();
    scene.lane.offer(batchOf(0, 8));
    await scene.clock.advance(30_000);
    const stopped = scene.lane.stop('revoked', 5_000);
    await scene.release();
    expect([await stopped, scene.told]).toEqual([0, ['parked', 'progress 4']]);
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('goes on when it was parked before it could begin: behind the work of an older epoch', async () => {
    let end = (): void => undefined;
    const predecessor = new Promise<void>((resolve) => (end = resolve));
    const scene = new LaneScene({ ...PARKED, maxInFlightRecords: 5 }, predecessor);
    scene.lane.offer(batchOf(3, 9));
    const room = scene.lane.whenRoom(200);
    await scene.clock.advance(30_000);
    expect([await room, scene.told]).toEqual([true, ['full', 'parked']]);
    end();
    await scene.clock.flush();
    expect(scene.told.slice(2)).toEqual(['drained', 'unparked 3']);
  });

  it('[RT8] by key: one key that waits parks nobody, a window that is full does', async () => {
    const scene = heldScene({ perKey: true, windowRecords: 3 });
    const keys = ['a', 'b', 'a'].map((key, at) => recordAt(at, { key: Buffer.from(key) }));
    scene.lane.offer(batchOf(0, 3, { records: keys }));
    await scene.release(1);
    await scene.clock.advance(300_000);
    expect(scene.told).toEqual(['progress 1']);
    scene.lane.offer(batchOf(3, 5));
    await scene.clock.advance(60_000);
    expect(scene.told).toEqual(['progress 1', 'parked']);
    await scene.release(0);
    expect([scene.told.slice(2), scene.held]).toEqual([['unparked 3', 'progress 1'], [2]]);
  });
});
