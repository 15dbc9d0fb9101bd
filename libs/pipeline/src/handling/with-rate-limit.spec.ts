import { FakeClock } from 'millrace/testing';
import { numbers, readAt } from '../fakes/records';
import { DUPLICATE, STORED } from '../records/outcome';
import type { SinkPort } from '../ports/sink';
import type { HandlingScope } from '../records/record-context';
import type { Handling } from './handling';
import { batchHandling, recordHandling, sinkHandling } from './handling';
import { withRateLimit } from './with-rate-limit';

const lane = () => new AbortController();

function scopeOf({ signal }: AbortController, partition = 0): HandlingScope {
  return { topic: 'readings', partition, groupId: 'lab', signal };
}

const sink: SinkPort = {
  name: 'store',
  write: async (records) => records.map(() => STORED),
  probe: async () => undefined,
};

/** Handles as fast as it may, in three partitions at once. @returns records in a minute. */
async function recordsInAMinute(handling: Handling, perCall: number): Promise<number> {
  const clock = new FakeClock();
  const limited = withRateLimit(handling, { records: 200, perMs: 1_000 }, clock);
  const records = numbers(perCall).map(readAt);
  let handled = 0;
  const work = async (partition: number) => {
    const scope = scopeOf(lane(), partition);
    for (;;) {
      await limited.handle(records, scope, 1);
      handled += perCall;
      // Real work takes time too, and a loop without any would hold up the clock.
      if (clock.monotonicMs() >= 60_000) return;
    }
  };
  void Promise.all(numbers(3).map(work));
  while (clock.monotonicMs() < 60_000) await clock.advance(1_000);
  return handled;
}

describe('withRateLimit', () => {
  it.each([
    { kind: 'record', handling: recordHandling(async () => undefined), perCall: 1 },
    { kind: 'batch', handling: batchHandling(async () => undefined), perCall: 50 },
    { kind: 'sink', handling: sinkHandling(sink, 1_000), perCall: 50 },
  ])('[BKP-02] keeps its rate within 5 % for a $kind', async ({ handling, perCall }) => {
    const wanted = 200 * 60;
    const handled = await recordsInAMinute(handling, perCall);
    expect(handled).toBeGreaterThan(wanted * 0.95);
    expect(handled).toBeLessThan(wanted * 1.05);
  });

  it('ends its wait with the lane and does not call the handler', async () => {
    const clock = new FakeClock();
    const handler = jest.fn(async () => 'duplicate');
    const limited = withRateLimit(recordHandling(handler), { records: 1, perMs: 60_000 }, clock);
    const controller = lane();
    expect(await limited.handle([readAt(0)], scopeOf(controller), 1)).toEqual([DUPLICATE]);
    const waiting = limited.handle([readAt(1)], scopeOf(controller), 1);
    await clock.advance(1_000);
    controller.abort(new Error('revoked'));
    expect(await waiting).toEqual([{ error: new Error('revoked') }]);
    expect([handler.mock.calls.length, clock.pendingTimers]).toEqual([1, 0]);
  });
});
