import fc from 'fast-check';
import { LaneScene } from '../fakes/lane.scene';
import { batchOf, numbers } from '../fakes/records';

describe('Lane', () => {
  it('handles records in order, one slice at a time, across batches', async () => {
    const scene = new LaneScene();
    scene.isHeld = true;
    scene.lane.offer(batchOf(0, 3));
    await scene.clock.flush();
    scene.lane.offer(batchOf(3, 5));
    scene.lane.offer(batchOf(5, 11));
    expect(scene.slices).toEqual([[0, 1, 2]]);
    for (let slice = 0; slice < 3; slice += 1) await scene.release();
    expect(scene.slices).toEqual([
      [0, 1, 2],
      [3, 4, 5, 6],
      [7, 8, 9, 10],
    ]);
    expect([scene.mostAtOnce, scene.lane.watermark.committable]).toEqual([1, 11n]);
  });

  it('counts gaps and control records as finished', async () => {
    const scene = new LaneScene();
    scene.lane.offer(batchOf(0, 2, { nextOffset: 40n }));
    scene.lane.offer(batchOf(40, 40, { nextOffset: 41n }));
    await scene.clock.flush();
    expect([scene.lane.watermark.committable, scene.lane.isIdle]).toEqual([41n, true]);
  });

  it.each([
    ['records', {}, batchOf(0, 12)],
    ['bytes', { maxInFlightBytes: 100 }, batchOf(0, 8, { bytes: 101 })],
  ])('[BKP-01] is full above its limit of %s and drained at half of it', async (_, limits, big) => {
    const scene = new LaneScene(limits);
    scene.isHeld = true;
    scene.lane.offer(big);
    const hold = scene.lane.whenRoom(200);
    await scene.clock.advance(199);
    expect(scene.told).toEqual([]);
    await scene.clock.advance(1);
    await hold;
    expect(scene.told).toEqual(['full']);
    while (!scene.told.includes('drained')) await scene.release();
    const doneBefore = scene.told.filter((line) => line.startsWith('progress')).length;
    expect(scene.lane.inFlightRecords).toBeLessThanOrEqual(5);
    expect(doneBefore).toBeGreaterThan(0);
  });

  it('asks for no pause when there is room again in time', async () => {
    const scene = new LaneScene();
    scene.isHeld = true;
    scene.lane.offer(batchOf(0, 12));
    const hold = scene.lane.whenRoom(200);
    await scene.clock.flush();
    await scene.release();
    await hold;
    await scene.clock.advance(1_000);
    expect(scene.told).not.toContain('full');
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('finishes the slice in hand when it stops and drops the queue', async () => {
    const scene = new LaneScene();
    scene.isHeld = true;
    scene.lane.offer(batchOf(0, 8));
    await scene.clock.flush();
    const stopped = scene.lane.stop('draining', 5_000);
    await scene.release();
    expect(await stopped).toBe(0);
    expect(scene.slices).toEqual([[0, 1, 2, 3]]);
    expect(scene.lane.watermark.committable).toBe(4n);
    expect(scene.lane.offer(batchOf(8, 9))).toBe(false);
    expect([scene.lane.isIdle, scene.lane.inFlightRecords]).toEqual([true, 0]);
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('abandons the slice in hand at the end of the budget and leaves it uncommitted', async () => {
    const scene = new LaneScene();
    scene.isHeld = true;
    scene.lane.offer(batchOf(0, 4));
    await scene.clock.flush();
    const stopped = scene.lane.stop('revoked', 5_000);
    await scene.clock.advance(4_999);
    expect(scene.signals[0]?.aborted).toBe(false);
    await scene.clock.advance(1);
    expect(scene.signals[0]?.reason).toMatchObject({ message: 'revoked' });
    await scene.release();
    expect([await stopped, scene.lane.watermark.committable]).toEqual([1, null]);
  });

  it('does not wait for a handler that ignores its signal', async () => {
    const scene = new LaneScene();
    scene.isHeld = true;
    scene.lane.offer(batchOf(0, 4));
    await scene.clock.flush();
    const stopped = scene.lane.stop('draining', 5_000);
    await scene.clock.advance(5_500);
    expect(await stopped).toBe(1);
  });

  it('handles a slice again after a fault of the core', async () => {
    const scene = new LaneScene();
    scene.failures = 2;
    scene.lane.offer(batchOf(0, 2));
    await scene.clock.advance(2_000);
    expect(scene.slices).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    expect(scene.told).toEqual(['fault bug', 'fault bug', 'progress 2']);
    expect(scene.lane.watermark.committable).toBe(2n);
  });

  it('begins nothing before the work of an older epoch has ended', async () => {
    let end = (): void => undefined;
    const scene = new LaneScene({}, new Promise((resolve) => (end = resolve)));
    scene.lane.offer(batchOf(0, 2));
    await scene.clock.flush();
    expect(scene.slices).toEqual([]);
    end();
    await scene.clock.flush();
    expect(scene.slices).toEqual([[0, 1]]);
  });

  it('works on every batch, whenever it is offered, in order', async () => {
    const steps = fc.array(fc.tuple(fc.nat(6), fc.nat(12)), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 7 }), async (batches, sliceRecords) => {
        const scene = new LaneScene({ sliceRecords });
        let next = 0;
        for (const [size, turns] of batches) {
          scene.lane.offer(batchOf(next, (next += size)));
          // Promise turns, so that an offer meets the worker at each step of its end.
          for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        }
        await scene.clock.flush();
        expect(scene.slices.flat()).toEqual(numbers(next));
        expect([scene.lane.isIdle, scene.lane.inFlightRecords]).toEqual([true, 0]);
        expect(scene.lane.watermark.committable).toBe(BigInt(next));
        expect(scene.mostAtOnce).toBeLessThanOrEqual(1);
      }),
      { numRuns: 1_500 },
    );
  });
});
