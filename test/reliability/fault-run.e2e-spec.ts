import { planOf, runUnderFaults } from './harness/fault-plan';
import type { FaultCounts } from './harness/fault-plan';
import { sized } from './harness/form';
import { Scenario } from './harness/scenario';
import type { Verdict } from './harness/verdict';

interface Form {
  readonly records: number;
  readonly faults: FaultCounts;
  readonly timeoutMs: number;
  readonly lagWithinMs: number;
}

const SHORT: Form = {
  records: 50_000,
  faults: { kill: 14, rebalance: 3, brokerRestart: 2, databaseStop: 2, freeze: 1, blackout: 1 },
  timeoutMs: 10 * 60_000,
  lagWithinMs: 90_000,
};
const FULL: Form = {
  records: 1_000_000,
  faults: { kill: 80, rebalance: 20, brokerRestart: 8, databaseStop: 8, freeze: 4, blackout: 1 },
  timeoutMs: 90 * 60_000,
  lagWithinMs: 5 * 60_000,
};
const form = sized({ short: SHORT, full: FULL });
/** F1 asks for as many. */
const LANDED = 15;

describe(`${form.records} movements under random faults`, () => {
  let scenario: Scenario;
  let verdict: Verdict;

  beforeAll(async () => {
    scenario = await Scenario.open({
      name: 'fault-run',
      about: `${form.records} movements through three consumer groups, under kills, rebalances, restarts of the broker, stops of the database and repeats, in an order that the seed decides.`,
      flakyEvery: 997,
    });
    const { random, servers } = scenario;
    const plan = planOf(form.faults, random.for('plan'), servers.areOurs);
    await runUnderFaults(scenario, plan, { records: form.records, landed: LANDED });
    verdict = await scenario.finish({ lagWithinMs: form.lagWithinMs });
  }, form.timeoutMs);

  afterAll(() => scenario.close(), 5 * 60_000);

  it('is a run that proves something: faults met work', () => {
    expect(verdict.doubts).toEqual([]);
    expect(verdict.records).toBe(form.records);
  });

  it('landed at least fifteen kills inside of a write [F1]', () => {
    expect(verdict.killsLanded).toBeGreaterThanOrEqual(LANDED);
  });

  it('loses no acknowledged movement [DEL-01] [I1] [F4] [F7]', () => {
    expect({ lost: verdict.lost, unhandled: verdict.unhandled }).toEqual({ lost: 0, unhandled: 0 });
  });

  it('stores none twice, although many were sent twice [DEL-02] [I2] [F17]', () => {
    expect(scenario.source.repeatCount).toBeGreaterThan(form.records / 50);
    expect({ twice: verdict.twice, unexpected: verdict.unexpected }).toEqual({
      twice: 0,
      unexpected: 0,
    });
  });

  it('never commits beyond what has an outcome, and never backwards [I3] [F16]', () => {
    const { committedPastUnwritten, commitRegressions } = verdict;
    expect({ committedPastUnwritten, commitRegressions }).toEqual({
      committedPastUnwritten: 0,
      commitRegressions: 0,
    });
  });

  it('keeps the order of each key and the last version of each account [DEL-03] [I4]', () => {
    const { orderViolations, stale } = verdict;
    expect({ orderViolations, stale }).toEqual({ orderViolations: 0, stale: 0 });
  });

  it('comes back to lag 0 by itself [I5]', () => {
    expect(verdict.lag).toBe(0);
  });

  it('sets nothing aside: a fault is no error of the data', () => {
    expect(verdict.deadLetters).toBe(0);
  });

  it('breaks no other invariant: members live or end, drains are clean, memory is bounded, nothing leaks', () => {
    expect(verdict.problems).toEqual([]);
    expect(verdict.code).toBe('ok');
  });
});
