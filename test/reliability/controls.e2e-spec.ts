import { Scenario, pause } from './harness/scenario';
import type { ScenarioOptions } from './harness/scenario';
import type { Verdict } from './harness/verdict';

/**
 * The same workload, broken on purpose. A control that the harness does not notice makes this suite red:
 * then its green scenarios prove nothing.
 */
const RECORDS = 6_000;

async function run(
  options: ScenarioOptions,
  work: (scenario: Scenario) => Promise<void>,
  lagWithinMs = 60_000,
): Promise<Verdict> {
  const scenario = await Scenario.open({ sessionMs: 2_000, halfBulkMs: 60, ...options });
  try {
    await work(scenario);
    return await scenario.finish({ lagWithinMs });
  } finally {
    await scenario.close();
  }
}

type Range = readonly [leastMs: number, mostMs: number];
/** On the first write of an incarnation, before it has committed anything. */
const AT_ONCE: Range = [0, 40];
/** After some commits. */
const LATER: Range = [200, 500];

/** Fills the topic first, so that every member finds work as soon as it has joined. */
const underKills =
  (...kills: readonly Range[]) =>
  async (scenario: Scenario): Promise<void> => {
    await scenario.source.send(RECORDS);
    for (const afterMs of kills) {
      scenario.addMember();
      await scenario.kill({ afterMs, withinMs: 10_000 });
    }
    await scenario.addReadyMembers(1);
  };

// Small slices and long bulks: the work lasts for all of the kills.
const AT_WORK = { PIPELINE_SLICE_RECORDS: '50', PIPELINE_MAX_IN_FLIGHT_RECORDS: '100' };

describe('negative controls: each of them is noticed', () => {
  it('the same run is sound when nothing is broken', async () => {
    const options = {
      name: 'sound-control',
      about: 'What the negative controls do, with nothing broken.',
      parts: ['movements'],
      env: AT_WORK,
    } as const;
    const kills = underKills(AT_ONCE, LATER, LATER, LATER);
    const { code, lost, twice, killsLanded } = await run(options, kills);
    expect({ code, lost, twice }).toEqual({ code: 'ok', lost: 0, twice: 0 });
    expect(killsLanded).toBeGreaterThan(0);
  }, 180_000);

  it('random ids of documents store movements twice [NC1] [DEL-02]', async () => {
    const options = {
      name: 'nc1-random-ids',
      variant: 'NC1',
      parts: ['movements'],
      env: AT_WORK,
    } as const;
    const { code, twice, lost } = await run(options, underKills(AT_ONCE, LATER));
    expect({ code, isTwice: twice > 0, lost }).toEqual({ code: 'wrong', isTwice: true, lost: 0 });
  }, 180_000);

  it('a commit before the write loses movements [NC2] [DEL-01]', async () => {
    const options = {
      name: 'nc2-commit-first',
      variant: 'NC2',
      parts: ['movements'],
      env: AT_WORK,
    } as const;
    const { code, lost, committedPastUnwritten } = await run(options, underKills(AT_ONCE));
    expect({ code, isLost: lost > 0 }).toEqual({ code: 'wrong', isLost: true });
    expect(committedPastUnwritten).toBe(lost);
  }, 180_000);

  it('a write that is not awaited loses movements [NC3] [DEL-01]', async () => {
    const options = {
      name: 'nc3-not-awaited',
      variant: 'NC3',
      parts: ['movements'],
      env: AT_WORK,
    } as const;
    const { code, lost } = await run(options, underKills(LATER));
    expect({ code, isLost: lost > 0 }).toEqual({ code: 'wrong', isLost: true });
  }, 180_000);

  it('without the guard repeats of old movements overwrite newer ones [NC6] [DEL-03]', async () => {
    const options = { name: 'nc6-no-guard', variant: 'NC6', parts: ['balances'] } as const;
    const { code, stale, lost } = await run(options, async (scenario) => {
      await scenario.addReadyMembers(1);
      await scenario.source.send(RECORDS);
      await scenario.source.repeat(RECORDS / 10);
    });
    expect({ code, isStale: stale > 0, lost }).toEqual({ code: 'wrong', isStale: true, lost: 0 });
  }, 180_000);

  it('an outage that counts as bad data fills the dead letter topic [NC7]', async () => {
    const options = {
      name: 'nc7-outage-as-bad-data',
      variant: 'NC7',
      parts: ['movements'],
      env: AT_WORK,
    } as const;
    const duringOutage = async (scenario: Scenario) => {
      await scenario.addReadyMembers(1);
      const sending = scenario.source.send(RECORDS);
      await scenario.servers.stopDatabase('SIGKILL');
      await pause(4_000);
      await scenario.servers.startDatabase();
      await sending;
    };
    // The line may have stopped for so many dead letters, and then it waits for a person.
    const { code, deadLetters } = await run(options, duringOutage, 5_000);
    expect({ code, isSetAside: deadLetters > 0 }).toEqual({ code: 'wrong', isSetAside: true });
  }, 180_000);
});
