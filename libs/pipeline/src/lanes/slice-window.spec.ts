import fc from 'fast-check';
import { LaneScene } from '../fakes/lane.scene';
import { batchOf, numbers, recordAt } from '../fakes/records';
import { StepClock } from '../fakes/step-clock';
import type { KafkaRecord } from '../ports/record';
import type { LaneLimits } from './lane';
import { Lane } from './lane';

const NO_KEY = { key: null };

function recordOf(offset: number, bytes: number): KafkaRecord {
  return recordAt(offset, { ...NO_KEY, value: Buffer.alloc(bytes) });
}

function sizedBatch(from: number, sizes: readonly number[], nextOffset = from + sizes.length) {
  const records = sizes.map((bytes, index) => recordOf(from + index, bytes));
  const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
  return batchOf(from, from, { records, nextOffset: BigInt(nextOffset), bytes: total });
}

interface Cut {
  readonly offsets: number[];
  readonly atMs: number;
  readonly endMs: number;
}

/** Feeds a lane batches at random times; its handler takes random times. */
async function runArrivals(
  limits: LaneLimits,
  arrivals: ReadonlyArray<readonly [afterMs: number, sizes: readonly number[]]>,
  workMs: readonly number[],
) {
  const clock = new StepClock(500);
  const cuts: Cut[] = [];
  const sizes: number[] = [];
  const arrivedAtMs: number[] = [];
  const handle = async (records: readonly KafkaRecord[]) => {
    const atMs = clock.monotonicMs();
    const takesMs = workMs[cuts.length % workMs.length] ?? 0;
    const offsets = records.map(({ offset }) => Number(offset));
    cuts.push({ offsets, atMs, endMs: atMs + takesMs });
    if (takesMs > 0) await new Promise<void>((resolve) => clock.setTimer(resolve, takesMs));
  };
  const silent = () => undefined;
  const events = { full: silent, drained: silent, parked: silent, unparked: silent };
  const others = { progress: silent, lowered: silent, fault: silent };
  const target = { topic: 'readings', partition: 0 };
  const lane = new Lane(target, 1, limits, handle, { ...events, ...others }, clock);
  for (const [afterMs, batch] of arrivals) {
    await clock.step(afterMs);
    lane.offer(sizedBatch(sizes.length, batch));
    for (const bytes of batch) {
      sizes.push(bytes);
      arrivedAtMs.push(clock.monotonicMs());
    }
  }
  await clock.step(100_000);
  return { cuts, sizes, arrivedAtMs, lane, clock };
}

/** When the records from `first` on were enough for a slice. */
function fullAt(
  first: number,
  sizes: readonly number[],
  arrivedAtMs: readonly number[],
  maxRecords: number,
  maxBytes: number,
): number {
  let bytes = 0;
  for (let at = first; at < sizes.length; at += 1) {
    bytes += sizes[at] ?? 0;
    if (at - first + 1 >= maxRecords || bytes >= maxBytes) return arrivedAtMs[at] ?? 0;
  }
  return Number.POSITIVE_INFINITY;
}

describe('the window of a slice', () => {
  it('[CON-03] closes at the first of count, bytes and time, whatever arrives when', async () => {
    const arrivals = fc.array(
      fc.tuple(fc.nat(60), fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 6 })),
      { minLength: 1, maxLength: 10 },
    );
    const windows = fc.record({
      sliceRecords: fc.integer({ min: 1, max: 6 }),
      sliceBytes: fc.option(fc.integer({ min: 1, max: 90 }), { nil: undefined }),
      maxWaitMs: fc.constantFrom(0, 10, 50),
    });
    const work = fc.array(fc.constantFrom(0, 0, 5, 70), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        arrivals,
        windows,
        work,
        async (batches, { sliceBytes, ...bounds }, workMs) => {
          const limits = {
            maxInFlightRecords: 1_000_000,
            maxInFlightBytes: 1_000_000,
            ...bounds,
            ...(sliceBytes === undefined ? {} : { sliceBytes }),
          };
          const { cuts, sizes, arrivedAtMs, lane, clock } = await runArrivals(
            limits,
            batches,
            workMs,
          );
          expect(cuts.flatMap(({ offsets }) => offsets)).toEqual(numbers(sizes.length));
          expect(lane.watermark.committable).toBe(BigInt(sizes.length));
          expect([lane.isIdle, lane.inFlightRecords, clock.pendingTimers]).toEqual([true, 0, 0]);
          const problems: string[] = [];
          const check = (holds: boolean, what: string) => holds || problems.push(what);
          let freeAtMs = 0;
          for (const { offsets, atMs, endMs } of cuts) {
            const first = offsets[0] ?? 0;
            const after = first + offsets.length;
            const bytes = offsets.reduce((sum, offset) => sum + (sizes[offset] ?? 0), 0);
            const maxBytes = sliceBytes ?? Number.POSITIVE_INFINITY;
            check(offsets.length <= bounds.sliceRecords, `${first}: ${offsets.length} records`);
            check(offsets.length === 1 || bytes <= maxBytes, `${first}: ${bytes} bytes`);
            const fullAtMs = fullAt(first, sizes, arrivedAtMs, bounds.sliceRecords, maxBytes);
            const overAtMs = (arrivedAtMs[first] ?? 0) + bounds.maxWaitMs;
            const dueMs = Math.max(freeAtMs, Math.min(fullAtMs, overAtMs));
            check(atMs === dueMs, `${first}: begun at ${atMs} ms, due at ${dueMs}`);
            // What had come and had room is in it.
            const hadCome = (arrivedAtMs[after] ?? Number.POSITIVE_INFINITY) < atMs;
            const hadRoom =
              offsets.length < bounds.sliceRecords && bytes + (sizes[after] ?? 0) <= maxBytes;
            check(!hadCome || !hadRoom, `${after} had room in the slice of ${first}`);
            freeAtMs = endMs;
          }
          expect(problems).toEqual([]);
        },
      ),
      { numRuns: 400 },
    );
  }, 60_000);

  it('hands a record alone that is longer than the window', async () => {
    const scene = new LaneScene({ sliceBytes: 50, maxInFlightBytes: 10_000 });
    scene.lane.offer(sizedBatch(0, [20, 20, 80, 20, 30, 1]));
    await scene.clock.flush();
    expect(scene.slices).toEqual([[0, 1], [2], [3, 4], [5]]);
  });

  it('sets no timer without a wait', async () => {
    const scene = new LaneScene();
    const setTimer = jest.spyOn(scene.clock, 'setTimer');
    for (const from of [0, 3, 6]) scene.lane.offer(batchOf(from, from + 3));
    await scene.clock.flush();
    expect([scene.lane.watermark.committable, setTimer.mock.calls]).toEqual([9n, []]);
  });

  it('does not wait for more when the lane is full or only control records are left', async () => {
    const full = new LaneScene({ sliceRecords: 50, maxWaitMs: 60_000 });
    full.lane.offer(batchOf(0, 11));
    await full.clock.flush();
    expect(full.slices).toEqual([numbers(11)]);
    const control = new LaneScene({ maxWaitMs: 60_000 });
    control.lane.offer(batchOf(0, 0, { nextOffset: 3n }));
    await control.clock.flush();
    expect([control.slices, control.lane.watermark.committable]).toEqual([[], 3n]);
  });

  it('begins nothing of a window that waits when the lane stops', async () => {
    const scene = new LaneScene({ maxWaitMs: 1_000 });
    scene.lane.offer(batchOf(0, 2));
    await scene.clock.advance(500);
    expect(await scene.lane.stop('draining', 5_000)).toBe(0);
    await scene.clock.advance(10_000);
    expect([scene.slices, scene.clock.pendingTimers, scene.lane.isIdle]).toEqual([[], 0, true]);
  });
});
