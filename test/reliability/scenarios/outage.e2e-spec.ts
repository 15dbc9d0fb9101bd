import { eventually } from 'millrace/testing';
import { sized } from '../harness/form';
import { rebalancesOfAll } from '../harness/group';
import { Load } from '../harness/load';
import { MemoryTrack } from '../harness/memory';
import { Scenario, pause } from '../harness/scenario';
import type { Verdict } from '../harness/verdict';

const OUTAGE_MS = sized({ short: 60_000, full: 600_000 });
/** What a process may grow while it waits: its bounded buffers, and pages that are not given back yet. */
const GROWTH_MIB = 96;

describe(`the database is away for ${OUTAGE_MS / 1_000} s under load`, () => {
  let scenario: Scenario;
  let memory: MemoryTrack;
  let verdict: Verdict;
  let rebalances: readonly [before: number, after: number];
  let readinessAway: readonly boolean[];
  let livenessAway: readonly number[];
  let lagAway: bigint;
  let restoredAfterMs: number;

  beforeAll(async () => {
    scenario = await Scenario.open({
      name: 'outage',
      about: 'The database is killed under load, stays away, and comes back.',
    });
    const members = await scenario.addReadyMembers(2);
    await scenario.source.send(3_000);
    await scenario.settle(60_000);
    const load = Load.start(scenario, { perSecond: 200 });
    const before = await rebalancesOfAll(members);
    memory = new MemoryTrack(members[0] as (typeof members)[number]);
    await scenario.servers.stopDatabase('SIGKILL');
    scenario.faults.add('database-stopped', scenario.ledger.size, 'SIGKILL');
    await pause(OUTAGE_MS);
    readinessAway = await Promise.all(members.map((member) => member.isReady()));
    livenessAway = await Promise.all(
      members.map(async ({ url }) => (await fetch(`${url}/livez`)).status),
    );
    lagAway = await scenario.lag();
    await scenario.servers.startDatabase();
    await load.stop();
    const healedMs = performance.now();
    const areReady = async () =>
      (await Promise.all(members.map((member) => member.isReady()))).every(Boolean);
    await eventually(areReady, { timeoutMs: 60_000, what: 'ready again' });
    await scenario.settle(120_000);
    restoredAfterMs = performance.now() - healedMs;
    rebalances = [before, await rebalancesOfAll(members)];
    await memory.stop();
    verdict = await scenario.finish();
  }, OUTAGE_MS + 300_000);

  afterAll(() => scenario.close(), 60_000);

  it('met the work: records waited meanwhile', () => {
    expect(lagAway).toBeGreaterThan(1_000n);
  });

  it('makes nothing a dead letter, loses nothing and stores nothing twice [ERR-09] [F8] [G2] [I1] [I2]', () => {
    expect(verdict).toMatchObject({ deadLetters: 0, lost: 0, twice: 0, stale: 0, problems: [] });
    expect(verdict.code).toBe('ok');
  });

  it('keeps processes and membership: nobody restarts, the group does not move [ERR-09] [F8] [G2]', () => {
    expect(scenario.members.map(({ signalled }) => signalled)).toEqual(['SIGTERM', 'SIGTERM']);
    expect(rebalances[1]).toBe(rebalances[0]);
  });

  it('is not ready meanwhile, and stays alive [G5]', () => {
    expect(readinessAway).toEqual([false, false]);
    expect(livenessAway).toEqual([200, 200]);
  });

  it('comes back to lag 0 and ready without a hand [F8] [I5]', () => {
    expect(verdict.lag).toBe(0);
    expect(restoredAfterMs).toBeLessThan(90_000);
  });

  it('holds its memory while it waits [F8] [I8]', () => {
    expect(memory.maxMib - memory.medianMib('first', 1 / 10)).toBeLessThan(GROWTH_MIB);
  });
});
