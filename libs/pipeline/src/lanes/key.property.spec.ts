import fc from 'fast-check';
import type { LogEntry } from '../fakes/lane.model';
import { GAP, LaneModel } from '../fakes/lane.model';
import type { Lane, LaneLimits } from './lane';

const BY_KEY: LaneLimits = {
  maxInFlightRecords: 1,
  maxInFlightBytes: 1_000_000,
  sliceRecords: 500,
  perKey: true,
  windowRecords: 6,
  parkedKeys: 3,
  parkAfterMs: 3_000,
};

type Step =
  | readonly ['deliver', number]
  | readonly ['end', number, 'succeed' | 'fail']
  | readonly ['pass', number]
  | readonly ['failCommits', number]
  | readonly ['rebalance', 'at-once' | 'patient'];

const logs: fc.Arbitrary<LogEntry[]> = fc.array(
  fc.constantFrom<LogEntry>('a', 'a', 'b', 'c', 'd', null, GAP),
  { minLength: 1, maxLength: 24 },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constant('deliver' as const), fc.integer({ min: 1, max: 9 })),
  },
  {
    weight: 10,
    arbitrary: fc.tuple(fc.constant('end' as const), fc.nat(9), fc.constant('succeed' as const)),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constant('end' as const), fc.nat(9), fc.constant('fail' as const)),
  },
  { weight: 3, arbitrary: fc.tuple(fc.constant('pass' as const), fc.constantFrom(1_000, 4_000)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('failCommits' as const), fc.nat(2)) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constant('rebalance' as const),
      fc.constantFrom('at-once' as const, 'patient' as const),
    ),
  },
);

async function take(model: LaneModel, next: Step): Promise<void> {
  switch (next[0]) {
    case 'deliver':
      return model.deliver(next[1]);
    case 'end':
      return model.end(next[1], next[2]);
    case 'pass':
      return model.pass(next[1]);
    case 'failCommits':
      return model.failNextCommits(next[1]);
    case 'rebalance':
      return model.rebalance(next[1]);
  }
}

/** The property: no problem on the way, and at the end everything is done and committed. */
const keepsItsPromises = (limits: LaneLimits, prepare?: (lane: Lane) => void) =>
  fc.asyncProperty(logs, fc.array(step, { maxLength: 30 }), async (log, steps) => {
    const model = new LaneModel(log, limits, prepare);
    for (const each of steps) await take(model, each);
    await model.settle();
    expect(model.problems).toEqual([]);
    expect([model.lowestOpen, model.committed]).toEqual([log.length, BigInt(log.length)]);
    expect(model.mostHeld).toBeLessThanOrEqual(BY_KEY.windowRecords ?? 0);
    expect(model.clock.pendingTimers).toBe(0);
  });

/** The usual mistake: what finished highest is committed. */
function commitHighestFinished({ watermark }: Lane): void {
  const finish = watermark.finish.bind(watermark);
  let highest: bigint | null = null;
  watermark.finish = (segment) => {
    finish(segment);
    if (highest === null || segment.next > highest) highest = segment.next;
  };
  Object.defineProperty(watermark, 'committable', { get: () => highest });
}

/** The same lane in order, a record at a time. */
const IN_ORDER: LaneLimits = {
  maxInFlightRecords: 3,
  maxInFlightBytes: 1_000_000,
  sliceRecords: 1,
  parkAfterMs: 3_000,
};

describe('a lane under random completion, failures, waits and rebalances', () => {
  it('[CON-07] [CON-08] [I3] [W8] by key: commits past no open record, keeps the order per key, skips nothing', async () => {
    await fc.assert(keepsItsPromises(BY_KEY), { numRuns: 10_000 });
  }, 120_000);

  it('[I3] in order: the same', async () => {
    await fc.assert(keepsItsPromises(IN_ORDER), { numRuns: 3_000 });
  }, 60_000);

  it('[NC8] fails the same property when the highest finished offset is committed', async () => {
    const broken = await fc.check(keepsItsPromises(BY_KEY, commitHighestFinished), {
      numRuns: 1_000,
    });
    expect(broken.failed).toBe(true);
    expect(String(broken.errorInstance)).toContain('passes');
  }, 60_000);
});
