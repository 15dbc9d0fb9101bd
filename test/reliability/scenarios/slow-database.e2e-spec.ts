import { FaultProxy } from 'millrace/testing';
import { sized } from '../harness/form';
import { rebalancesOfAll } from '../harness/group';
import { Load } from '../harness/load';
import { MemoryTrack } from '../harness/memory';
import { Scenario, pause } from '../harness/scenario';
import { Servers } from '../harness/servers';
import type { Verdict } from '../harness/verdict';

const SLOW_MS = sized({ short: 12_000, full: 180_000 });
/** Each way, so each bulk takes two seconds and more. */
const DELAY_MS = 1_000;
const GROWTH_MIB = 96;

describe('the database takes two seconds for every bulk', () => {
  let scenario: Scenario;
  let proxy: FaultProxy;
  let verdict: Verdict;
  let memory: MemoryTrack;
  let rebalances: readonly [before: number, after: number];
  let lagAway: bigint;
  let closings: number;

  beforeAll(async () => {
    proxy = await FaultProxy.to(new URL(Servers.fromEnvironment().mongoUri).host);
    scenario = await Scenario.open({
      name: 'slow',
      about: 'Every bulk takes two seconds and more, under more load than that can carry.',
      parts: ['movements'],
      halfBulkMs: 0,
      env: { MONGODB_URI: `mongodb://${proxy.address}/?directConnection=true` },
    });
    const members = await scenario.addReadyMembers(2);
    await scenario.source.send(1_000);
    await scenario.settle(30_000);
    const before = await rebalancesOfAll(members);
    memory = new MemoryTrack(members[0] as (typeof members)[number]);
    proxy.break({ delayMs: DELAY_MS });
    const load = Load.start(scenario, { perSecond: 3_000 });
    await pause(SLOW_MS);
    lagAway = await scenario.lag();
    await load.stop();
    rebalances = [before, await rebalancesOfAll(members)];
    const gates = members.map((member) => member.metric('pipeline_gate_closings_total'));
    closings = (await Promise.all(gates)).reduce((sum, count) => sum + count, 0);
    proxy.mend();
    await memory.stop();
    verdict = await scenario.finish();
  }, SLOW_MS + 180_000);

  afterAll(async () => {
    await scenario.close();
    await proxy.close();
  }, 60_000);

  it('falls behind, so that back pressure has something to hold', () => {
    expect(lagAway).toBeGreaterThan(5_000n);
  });

  it('causes no rebalance and closes no gate: slow is not away [F9]', () => {
    expect(rebalances[1]).toBe(rebalances[0]);
    expect(closings).toBe(0);
  });

  it('keeps memory bounded while more comes than goes [F9] [BKP-01] [I8]', () => {
    expect(memory.maxMib - memory.medianMib('first', 1 / 10)).toBeLessThan(GROWTH_MIB);
  });

  it('loses nothing and catches up when the database is quick again [F9] [I1] [I5]', () => {
    expect(verdict).toMatchObject({ code: 'ok', lost: 0, twice: 0, deadLetters: 0, lag: 0 });
  });
});
