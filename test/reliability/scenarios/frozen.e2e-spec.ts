import { sized } from '../harness/form';
import { rebalancesOf } from '../harness/group';
import { Load } from '../harness/load';
import { Scenario, pause } from '../harness/scenario';
import type { Verdict } from '../harness/verdict';

/** Longer than the session of the members. */
const FROZEN_MS = sized({ short: 8_000, full: 40_000 });

describe(`a member stands still for ${FROZEN_MS / 1_000} s, longer than its session`, () => {
  let scenario: Scenario;
  let verdict: Verdict;
  let hadWork: boolean;
  let rebalances: readonly [before: number, after: number];

  beforeAll(async () => {
    scenario = await Scenario.open({
      name: 'frozen',
      about: 'A member stands still for longer than its session, then goes on.',
      partitions: 6,
    });
    const [frozen, other] = await scenario.addReadyMembers(2);
    if (frozen === undefined || other === undefined) throw new Error('two members are needed');
    const load = Load.start(scenario, { perSecond: 500 });
    await pause(2_000);
    hadWork = frozen.begun > 0;
    const before = await rebalancesOf(other);
    // What a blocked event loop and a long collection of garbage look like from outside.
    frozen.send('SIGSTOP');
    scenario.faults.add('other', scenario.ledger.size, 'stopped');
    await pause(FROZEN_MS);
    rebalances = [before, await rebalancesOf(other)];
    frozen.send('SIGCONT');
    await frozen.whenReady();
    await load.stop();
    verdict = await scenario.finish();
  }, FROZEN_MS + 180_000);

  afterAll(() => scenario.close(), 60_000);

  it('was in the middle of work, and the group has given it up', () => {
    expect(hadWork).toBe(true);
    expect(rebalances[1]).toBeGreaterThan(rebalances[0]);
  });

  it('comes back as a member, and its old work does no harm [F26] [I1] [I2] [I3]', () => {
    expect(verdict).toMatchObject({ lost: 0, unhandled: 0, twice: 0, committedPastUnwritten: 0 });
    expect(verdict).toMatchObject({ commitRegressions: 0, deadLetters: 0 });
  });

  it('works on in the same process until nothing waits [F26] [I5] [I6]', () => {
    expect(verdict).toMatchObject({ code: 'ok', lag: 0, problems: [] });
  });
});
