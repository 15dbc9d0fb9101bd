import { LaneScene } from '../fakes/lane.scene';
import { batchOf, numbers, recordAt } from '../fakes/records';
import type { FetchedBatch } from '../ports/driver';
import type { LaneLimits } from './lane';

const BY_KEY: Partial<LaneLimits> = { perKey: true, windowRecords: 100 };

/** One record per letter, from this offset; `-` = without a key. */
function keyed(from: number, keys: string, more: Partial<FetchedBatch> = {}): FetchedBatch {
  const records = [...keys].map((key, at) =>
    recordAt(from + at, { key: key === '-' ? null : Buffer.from(key), value: Buffer.alloc(9) }),
  );
  const bytes = records.reduce((sum, { key }) => sum + 9 + (key?.length ?? 0), 0);
  return batchOf(from, from, { records, nextOffset: BigInt(from + keys.length), bytes, ...more });
}

function heldScene(limits: Partial<LaneLimits> = {}, predecessor?: Promise<void>): LaneScene {
  const scene = new LaneScene({ ...BY_KEY, ...limits }, predecessor);
  scene.isHeld = true;
  return scene;
}

describe('Lane with perKey', () => {
  it('[CON-07] handles keys side by side, the records of one key one after the other', async () => {
    const scene = heldScene();
    scene.lane.offer(keyed(0, 'abaca'));
    await scene.clock.flush();
    expect(scene.held).toEqual([0, 1, 3]);
    await scene.release(0);
    expect(scene.held).toEqual([1, 3, 2]);
    for (const offset of [2, 3, 4, 1]) await scene.release(offset);
    expect(scene.slices).toEqual([[0], [1], [3], [2], [4]]);
    expect([scene.lane.watermark.committable, scene.lane.isIdle]).toEqual([5n, true]);
  });

  it('lets records without a key wait for nobody', async () => {
    const scene = heldScene();
    scene.lane.offer(keyed(0, '---'));
    await scene.clock.flush();
    expect(scene.held).toEqual([0, 1, 2]);
  });

  it('[ERR-05] [RT8] keeps only the later records of a failing key waiting', async () => {
    const scene = heldScene();
    scene.lane.offer(keyed(0, 'aabcab'));
    scene.lane.offer(keyed(6, 'cba'));
    for (const offset of [2, 3, 5, 6, 7]) await scene.release(offset);
    expect(scene.slices.flat()).toEqual([0, 2, 3, 5, 6, 7]);
    expect([scene.held, scene.lane.watermark.committable]).toEqual([[0], null]);
    for (const offset of [0, 1, 4]) await scene.release(offset);
    expect([scene.held, scene.lane.watermark.committable]).toEqual([[8], 8n]);
  });

  it('[CON-08] counts gaps and control records as finished, above an open record too', async () => {
    const scene = heldScene();
    scene.lane.offer(keyed(0, 'a', { nextOffset: 7n }));
    scene.lane.offer(batchOf(7, 7, { nextOffset: 9n }));
    await scene.clock.flush();
    expect(scene.lane.watermark.committable).toBeNull();
    await scene.release(0);
    expect([scene.lane.watermark.committable, scene.lane.isIdle]).toEqual([9n, true]);
  });

  it.each([
    ['records', { windowRecords: 4, maxInFlightBytes: 10_000 }],
    ['bytes', { windowRecords: 100, maxInFlightBytes: 40 }],
  ])('[BKP-01] takes a window of %s, pauses above it and resumes at half', async (_, limits) => {
    const scene = heldScene(limits);
    scene.lane.offer(keyed(0, 'abcdefg'));
    const room = scene.lane.whenRoom(200);
    await scene.clock.advance(200);
    expect(await room).toBe(true);
    expect([scene.held, scene.told]).toEqual([[0, 1, 2, 3], ['full']]);
    // Finished above one that is not: they still fill the window.
    for (const offset of [1, 2, 3]) await scene.release(offset);
    expect([scene.held, scene.lane.watermark.committable]).toEqual([[0], null]);
    await scene.release(0);
    expect([scene.held, scene.told.includes('drained')]).toEqual([[4, 5, 6], false]);
    for (const offset of [4, 5]) await scene.release(offset);
    expect(scene.told.filter((line) => line === 'drained')).toEqual(['drained']);
  });

  it('[ERR-05] [RT8] waits with the partition when too many keys have records waiting', async () => {
    const scene = heldScene({ parkedKeys: 2 });
    scene.lane.offer(keyed(0, 'aabbcc'));
    await scene.clock.flush();
    const room = scene.lane.whenRoom(200);
    await scene.clock.advance(200);
    await room;
    expect([scene.held, scene.told]).toEqual([[0, 2], ['full']]);
    await scene.release(0);
    expect(scene.held).toEqual([2, 4, 1]);
    await scene.release(2);
    expect(scene.told).toContain('drained');
  });

  it('finishes what is in hand when it stops, begins nothing behind it and commits the rest', async () => {
    const scene = heldScene();
    scene.lane.offer(keyed(0, 'abac'));
    await scene.clock.flush();
    const stopped = scene.lane.stop('draining', 5_000);
    for (const offset of [0, 1, 3]) await scene.release(offset);
    expect([await stopped, scene.slices.flat()]).toEqual([0, [0, 1, 3]]);
    expect([scene.lane.watermark.committable, scene.lane.inFlightRecords]).toEqual([2n, 0]);
    expect([scene.lane.isIdle, scene.clock.pendingTimers]).toEqual([true, 0]);
  });

  it('abandons what is in hand at the end of the budget, and nothing of these keys follows', async () => {
    const scene = heldScene();
    scene.lane.offer(keyed(0, 'abac'));
    await scene.clock.flush();
    const stopped = scene.lane.stop('revoked', 5_000);
    await scene.release(1);
    await scene.clock.advance(5_000);
    for (const offset of [0, 3]) await scene.release(offset);
    expect([await stopped, scene.slices.flat()]).toEqual([2, [0, 1, 3]]);
    expect(scene.lane.watermark.committable).toBeNull();
  });

  it('handles a record again after a fault of the core, before the next one of its key', async () => {
    const scene = new LaneScene(BY_KEY);
    scene.failures = 1;
    scene.lane.offer(keyed(0, 'aab'));
    await scene.clock.advance(1_000);
    expect(scene.slices.flat()).toEqual([0, 2, 0, 1]);
    expect(scene.lane.watermark.committable).toBe(3n);
  });

  it('begins nothing before the work of an older epoch has ended', async () => {
    let end = (): void => undefined;
    const scene = heldScene({}, new Promise((resolve) => (end = resolve)));
    scene.lane.offer(keyed(0, 'ab'));
    await scene.clock.flush();
    expect([scene.held, scene.lane.isIdle]).toEqual([[], false]);
    end();
    await scene.clock.flush();
    expect(scene.held).toEqual([0, 1]);
  });

  it('takes no warning of the runtime for the many waits on its signal', async () => {
    const scene = heldScene();
    scene.lane.offer(keyed(0, 'a'));
    await scene.clock.flush();
    const signal = scene.signals[0] ?? new AbortController().signal;
    const limits = Object.getOwnPropertySymbols(signal)
      .filter(({ description }) => description === 'events.maxEventTargetListeners')
      .map((symbol) => (signal as unknown as Record<symbol, unknown>)[symbol]);
    expect(limits).toEqual([0]);
  });

  it('handles a long run of one key in order', async () => {
    const scene = new LaneScene({ ...BY_KEY, windowRecords: 50, maxInFlightBytes: 1e6 });
    scene.lane.offer(keyed(0, 'a'.repeat(400)));
    await scene.clock.flush();
    expect(scene.slices.flat()).toEqual(numbers(400));
    expect([scene.mostAtOnce, scene.lane.watermark.committable]).toEqual([1, 400n]);
  });
});
