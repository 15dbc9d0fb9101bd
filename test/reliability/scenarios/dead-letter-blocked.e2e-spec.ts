import { eventually } from 'millrace/testing';
import { asOperator } from '../harness/cluster';
import { Load } from '../harness/load';
import { Scenario, pause } from '../harness/scenario';
import type { Verdict } from '../harness/verdict';

const PARTITIONS = 3;
const POISONED = 1;
const BLOCKED_MS = 8_000;

describe('the dead letter topic is not there', () => {
  let scenario: Scenario;
  let verdict: Verdict;
  let poisonAt: bigint;
  let committedWhileBlocked: ReadonlyMap<number, bigint>;
  let endsWhileBlocked: ReadonlyMap<number, bigint>;
  let isAway: boolean;

  beforeAll(async () => {
    scenario = await Scenario.open({
      name: 'dlt-blocked',
      about: 'The dead letter topic is gone while a bad record asks for it.',
      partitions: PARTITIONS,
      parts: ['movements'],
    });
    const { kafka, servers, workload, source } = scenario;
    const deadLetterTopic = `${workload.topic}.dead-letter`;
    await scenario.addReadyMembers(1);
    await source.send(300);
    await scenario.settle(30_000);
    await asOperator(servers.brokers, (admin) => admin.deleteTopics({ topics: [deadLetterTopic] }));
    const value = Buffer.from('this is no movement');
    const [position] = await kafka.send(workload.topic, [
      { partition: POISONED, key: null, value, headers: [] },
    ]);
    poisonAt = position?.offset ?? -1n;
    const load = Load.start(scenario, { perSecond: 100 });
    await pause(BLOCKED_MS);
    await load.stop();
    const { kafka: log } = scenario;
    // The others must be through, or standing still would prove nothing.
    await eventually(() => othersAreThrough(), { timeoutMs: 30_000, intervalMs: 250 });
    committedWhileBlocked = await log.committed(scenario.groupOf('movements'), workload.topic);
    endsWhileBlocked = await log.ends(workload.topic);
    const topics = await asOperator(servers.brokers, (admin) => admin.listTopics());
    isAway = !topics.includes(deadLetterTopic);
    await kafka.createTopics([deadLetterTopic], PARTITIONS);
    verdict = await scenario.finish({ expectedDeadLetters: 1 });
  }, 180_000);

  afterAll(() => scenario.close(), 60_000);

  async function othersAreThrough(): Promise<boolean> {
    const { kafka, workload } = scenario;
    const committed = await kafka.committed(scenario.groupOf('movements'), workload.topic);
    const ends = [...(await kafka.ends(workload.topic))];
    return ends.every(([p, end]) => p === POISONED || (committed.get(p) ?? 0n) === end);
  }

  it('never commits past the record that has no dead letter [F22] [ERR-08]', () => {
    expect(isAway).toBe(true);
    expect(committedWhileBlocked.get(POISONED) ?? 0n).toBeLessThanOrEqual(poisonAt);
    expect(endsWhileBlocked.get(POISONED)).toBeGreaterThan(poisonAt + 1n);
  });

  it('writes it when the topic takes records again, and loses nothing [F22] [ERR-08] [I1]', () => {
    expect(verdict).toMatchObject({ problems: [], lost: 0, twice: 0, lag: 0, deadLetters: 1 });
  });
});
