import { BrokerProxies, eventually } from 'millrace/testing';
import { asOperator } from '../harness/cluster';
import { Load } from '../harness/load';
import type { Member } from '../harness/member';
import { Scenario, pause } from '../harness/scenario';
import { Servers } from '../harness/servers';
import type { Verdict } from '../harness/verdict';

/** Long enough for the client library to give up. */
const AWAY_MS = 15_000;
const HEALED_WITHIN_MS = 60_000;

const crashesOf = (member: Member) => member.metric('pipeline_consumer_crashes_total');

describe('a consumer that crashes', () => {
  let scenario: Scenario;
  let proxies: BrokerProxies;
  let crashes: number;
  let verdict: Verdict;

  beforeAll(async () => {
    proxies = await BrokerProxies.before(Servers.fromEnvironment().brokers.split(','));
    scenario = await Scenario.open({
      name: 'zombie',
      about: 'No broker answers for so long that the consumers of a member crash.',
      partitions: 6,
      env: { KAFKA_BROKERS: proxies.addresses.join(',') },
    });
    const [member] = await scenario.addReadyMembers(1);
    if (member === undefined) throw new Error('a member is needed');
    const load = Load.start(scenario, { perSecond: 200 });
    await pause(1_000);
    proxies.down();
    scenario.faults.add('blackout', scenario.ledger.size, 'every broker');
    await pause(AWAY_MS);
    crashes = await crashesOf(member);
    proxies.mend();
    await load.stop();
    verdict = await scenario.finish({ lagWithinMs: HEALED_WITHIN_MS });
  }, 240_000);

  afterAll(async () => {
    await scenario.close();
    await proxies.close();
  }, 60_000);

  it('has crashed, or nothing would be shown', () => {
    expect(crashes).toBeGreaterThan(0);
  });

  it('runs again by itself in the same process, and loses nothing [F27] [HLT-03] [I5] [I6]', () => {
    expect(verdict).toMatchObject({ code: 'ok', lost: 0, unhandled: 0, twice: 0, lag: 0 });
    expect(scenario.members).toHaveLength(1);
  });
});

describe('a consumer whose topic is deleted and made again under its feet', () => {
  let scenario: Scenario;

  beforeAll(async () => {
    scenario = await Scenario.open({ name: 'deleted', partitions: 3, parts: ['movements'] });
    await scenario.addReadyMembers(1);
    await scenario.source.send(300);
    await scenario.settle(30_000);
    const { topic } = scenario.workload;
    await asOperator(scenario.servers.brokers, async (admin) => {
      await admin.deleteTopics({ topics: [topic] });
      await pause(4_000);
      await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 3 }] });
    });
    await scenario.source.send(30);
  }, 120_000);

  afterAll(() => scenario.close(), 60_000);

  it('works, or waits for a person and says so, or exits; it is never silent [F27] [HLT-03] [I6]', async () => {
    const [member] = scenario.members;
    if (member === undefined) throw new Error('a member is needed');
    const fate = await eventually(() => fateOf(member), {
      ...{ timeoutMs: HEALED_WITHIN_MS, intervalMs: 500 },
      what: 'a fate of the consumer',
    });
    process.stdout.write(`deleted topic: ${fate}\n`);
    expect(['works', 'waits for a person, and is not ready', 'exits']).toContain(fate);
  }, 90_000);

  async function fateOf(member: Member): Promise<string | null> {
    if (member.exit !== null) return member.exit.code === 0 ? 'exits as if all were well' : 'exits';
    const isPaused = (await member.metric('pipeline_partition_paused', 'offset_lost')) > 0;
    if (isPaused && !(await member.isReady())) return 'waits for a person, and is not ready';
    const stored = (await scenario.observe()).stored.reduce((sum, copies) => sum + copies, 0);
    return stored >= 330 ? 'works' : null;
  }
});
