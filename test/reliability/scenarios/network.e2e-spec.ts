import { BrokerProxies } from 'millrace/testing';
import type { LineFaults } from 'millrace/testing';
import { sized } from '../harness/form';
import { Load } from '../harness/load';
import { Scenario, pause } from '../harness/scenario';
import { Servers } from '../harness/servers';
import type { Verdict } from '../harness/verdict';

/** Longer than the session: the group gives the member up while it believes to be one. */
const DEAD_LINE_MS = sized({ short: 8_000, full: 60_000 });

/** A line that is dead or wrong, between one member and the brokers; the other member has a good one. */
const FAULTS: ReadonlyArray<readonly [name: string, faults: LineFaults]> = [
  ['half-open', { swallow: 'both' }],
  ['cut in the way to the member', { swallow: 'to-client' }],
  ['cut in the way to the brokers', { swallow: 'to-server' }],
];

describe('one member behind a network that fails', () => {
  let scenario: Scenario;
  let proxies: BrokerProxies;
  let verdict: Verdict;
  const lost = new Map<string, number>();

  beforeAll(
    async () => {
      proxies = await BrokerProxies.before(Servers.fromEnvironment().brokers.split(','));
      scenario = await Scenario.open({
        name: 'network',
        about: 'The line between one member and the brokers is half-open, cut in one way, reset.',
        partitions: 6,
      });
      const isolated = scenario.addMember({ KAFKA_BROKERS: proxies.addresses.join(',') });
      await Promise.all([isolated.whenReady(), scenario.addMember().whenReady()]);
      const load = Load.start(scenario, { perSecond: 300 });
      for (const [name, faults] of FAULTS) {
        proxies.break(faults);
        scenario.faults.add('blackout', scenario.ledger.size, name);
        await pause(DEAD_LINE_MS);
        lost.set(name, lostBytes());
        proxies.mend();
        await isolated.whenReady();
      }
      for (let resets = 0; resets < 3; resets += 1) {
        proxies.reset();
        scenario.faults.add('other', scenario.ledger.size, 'reset');
        await pause(700);
        proxies.cut();
        scenario.faults.add('other', scenario.ledger.size, 'closed');
        await pause(700);
      }
      await isolated.whenReady();
      await load.stop();
      verdict = await scenario.finish();
    },
    240_000 + 3 * DEAD_LINE_MS,
  );

  afterAll(async () => {
    await scenario.close();
    await proxies.close();
  }, 60_000);

  const lostBytes = () =>
    Servers.fromEnvironment()
      .brokers.split(',')
      .reduce((sum, broker) => sum + proxies.of(broker).lostBytes, 0);

  it('had every byte of the member on the line that failed', () => {
    expect([...proxies.unknownAddresses]).toEqual([]);
    const counts = [0, ...lost.values()];
    // Each of the dead lines has swallowed something.
    counts.slice(1).forEach((count, index) => expect(count).toBeGreaterThan(counts[index] ?? 0));
  });

  it('loses nothing, stores nothing twice, and no commit of the zombie counts [F6] [I1] [I2] [I3]', () => {
    expect(verdict).toMatchObject({ lost: 0, unhandled: 0, twice: 0, committedPastUnwritten: 0 });
    expect(verdict).toMatchObject({ code: 'ok', commitRegressions: 0, deadLetters: 0 });
  });

  it('comes back by itself, in the same process [F6] [I5] [I6]', () => {
    expect(verdict).toMatchObject({ lag: 0, problems: [] });
    expect(scenario.members).toHaveLength(2);
  });
});
