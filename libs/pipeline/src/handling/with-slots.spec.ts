import { numbers, readAt } from '../fakes/records';
import type { RecordResult } from '../records/outcome';
import { STORED } from '../records/outcome';
import type { HandlingScope } from '../records/record-context';
import type { Handling } from './handling';
import { withSlots } from './with-slots';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

class SlotScene {
  running = 0;
  most = 0;
  readonly begun: bigint[] = [];
  private readonly ends: Array<() => void> = [];
  readonly handling: Handling = withSlots(
    {
      unit: 'record',
      handle: async ([record]) => {
        this.begun.push(record?.raw.offset ?? -1n);
        this.running += 1;
        this.most = Math.max(this.most, this.running);
        await new Promise<void>((resolve) => this.ends.push(resolve));
        this.running -= 1;
        return [STORED];
      },
    },
    3,
  );

  async endOne(): Promise<void> {
    this.ends.shift()?.();
    await turn();
  }
}

function scopeOf(signal: AbortSignal): HandlingScope {
  return { topic: 'readings', partition: 0, groupId: 'lab', signal };
}

describe('withSlots', () => {
  it('lets so many calls of a partition run at once, in their order', async () => {
    const scene = new SlotScene();
    const scope = scopeOf(new AbortController().signal);
    const answers = numbers(7).map((offset) => scene.handling.handle([readAt(offset)], scope, 1));
    await turn();
    expect(scene.begun).toEqual([0n, 1n, 2n]);
    for (const _ of numbers(7)) await scene.endOne();
    expect([scene.begun, scene.most]).toEqual([[0n, 1n, 2n, 3n, 4n, 5n, 6n], 3]);
    expect(await Promise.all(answers)).toEqual(numbers(7).map(() => [STORED]));
  });

  it('counts each partition for itself', async () => {
    const scene = new SlotScene();
    for (const lane of [new AbortController(), new AbortController()]) {
      for (const offset of numbers(4)) {
        void scene.handling.handle([readAt(offset)], scopeOf(lane.signal), 1);
      }
    }
    await turn();
    expect(scene.running).toBe(6);
  });

  it('ends the waits with the lane', async () => {
    const scene = new SlotScene();
    const lane = new AbortController();
    const scope = scopeOf(lane.signal);
    const answers = numbers(5).map((offset) => scene.handling.handle([readAt(offset)], scope, 1));
    await turn();
    lane.abort(new Error('revoked'));
    const refusal: RecordResult = { error: new Error('revoked') };
    expect(await Promise.all(answers.slice(3))).toEqual([[refusal], [refusal]]);
    expect(await scene.handling.handle([readAt(9)], scope, 1)).toEqual([refusal]);
    expect(scene.begun).toHaveLength(3);
  });
});
