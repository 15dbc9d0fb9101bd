import { FakeClock } from 'millrace/testing';
import { numbers, readAt } from '../fakes/records';
import type { RecordResult } from '../records/outcome';
import { STORED } from '../records/outcome';
import type { HandlingScope } from '../records/record-context';
import { withAdaptiveSlots } from './with-adaptive-slots';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const scopeOf = (signal: AbortSignal): HandlingScope => {
  return { topic: 'readings', partition: 0, groupId: 'lab', signal };
};

/** A sink whose calls take `latencyMs` of fake time. */
class SinkScene {
  running = 0;
  most = 0;
  latencyMs = 10;
  readonly limits: number[] = [];
  readonly clock = new FakeClock();
  readonly handling = withAdaptiveSlots(
    {
      unit: 'slice',
      handle: async (records) => {
        this.running += 1;
        this.most = Math.max(this.most, this.running);
        await new Promise<void>((resolve) => this.clock.setTimer(resolve, this.latencyMs));
        this.running -= 1;
        return records.map(() => STORED);
      },
    },
    { max: 6, clock: this.clock, onLimit: (limit) => this.limits.push(limit) },
  );
  private isOver = false;

  /** Twelve partitions that always have work, for so long. */
  async load(seconds: number): Promise<void> {
    this.isOver = false;
    const lanes = numbers(12).map((partition) => this.lane(partition));
    for (let ms = 0; ms < seconds * 1_000; ms += 5) await this.clock.advance(5);
    this.isOver = true;
    for (const _ of numbers(20)) await this.clock.advance(this.latencyMs);
    await Promise.all(lanes);
  }

  private async lane(partition: number): Promise<void> {
    const scope = { ...scopeOf(new AbortController().signal), partition };
    while (!this.isOver) await this.handling.handle([readAt(1)], scope, 1);
  }
}

describe('withAdaptiveSlots', () => {
  it('[BKP-03] follows the latency of a sink down and up, never above the maximum', async () => {
    const scene = new SinkScene();
    await scene.load(8);
    expect([scene.limits.at(0), scene.limits.at(-1), scene.most]).toEqual([1, 6, 6]);
    scene.latencyMs = 100;
    await scene.load(20);
    expect(scene.limits.at(-1)).toBe(1);
    scene.latencyMs = 10;
    await scene.load(12);
    expect(scene.limits.at(-1)).toBe(6);
    expect(Math.max(...scene.limits, scene.most)).toBe(6);
  });

  it('keeps the order in which calls came, and ends a wait with its lane', async () => {
    const ends: Array<() => void> = [];
    const begun: bigint[] = [];
    const clock = new FakeClock();
    const handling = withAdaptiveSlots(
      {
        unit: 'record',
        handle: async ([record]) => {
          begun.push(record?.raw.offset ?? -1n);
          await new Promise<void>((resolve) => ends.push(resolve));
          return [STORED];
        },
      },
      { max: 4, clock, onLimit: () => undefined },
    );
    const lanes = numbers(4).map(() => new AbortController());
    const answers = lanes.map(({ signal }, at) =>
      handling.handle([readAt(at)], scopeOf(signal), 1),
    );
    await turn();
    expect(begun).toEqual([0n]);
    lanes[1]?.abort(new Error('revoked'));
    const refusal: RecordResult = { error: new Error('revoked') };
    expect(await answers[1]).toEqual([refusal]);
    for (const _ of numbers(3)) {
      ends.shift()?.();
      await turn();
    }
    expect(begun).toEqual([0n, 2n, 3n]);
    expect(await Promise.all([answers[0], answers[2], answers[3]])).toEqual([
      [STORED],
      [STORED],
      [STORED],
    ]);
    const gone = scopeOf(AbortSignal.abort(new Error('revoked')));
    expect(await handling.handle([readAt(9)], gone, 1)).toEqual([refusal]);
  });
});
