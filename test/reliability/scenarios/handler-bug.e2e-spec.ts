import { eventually } from 'millrace/testing';
import { Scenario, pause } from '../harness/scenario';
import type { Verdict } from '../harness/verdict';

const PARTITIONS = 3;
const RECORDS = 3_000;
/** So many in a row of each partition, and a fifth of all that is in hand, may become dead letters. */
const LIMIT = 50 * PARTITIONS;

describe('a deploy whose handler fails for every record', () => {
  let scenario: Scenario;
  let verdict: Verdict;
  let buried: number;
  let buriedAfterRestart: number;
  let ready: readonly boolean[];

  const deadLetters = async () =>
    (await scenario.kafka.readSince(`${scenario.workload.topic}.dead-letter`, new Map())).length;

  beforeAll(async () => {
    scenario = await Scenario.open({
      name: 'bug',
      about: 'A release whose handler fails for every record, a restart of it, and a mended one.',
      partitions: PARTITIONS,
      parts: ['order'],
    });
    const bad = { RELIABILITY_HANDLER_BUG: 'true', SERVICE_VERSION: '2.0.0' };
    await scenario.source.send(RECORDS);
    const first = await scenario.addMember(bad).whenListening();
    await whenStopped(first);
    await pause(2_000);
    buried = await deadLetters();
    const isReady = await first.isReady();
    await first.stop('SIGTERM');
    const again = await scenario.addMember(bad).whenListening();
    await pause(6_000);
    buriedAfterRestart = await deadLetters();
    ready = [isReady, await again.isReady()];
    await again.stop('SIGTERM');
    await scenario.addMember({ SERVICE_VERSION: '2.0.1' }).whenReady();
    verdict = await scenario.finish({ expectedDeadLetters: LIMIT });
  }, 240_000);

  afterAll(() => scenario.close(), 60_000);

  const whenStopped = (member: Scenario['members'][number]) =>
    eventually(
      async () => (await member.metric('pipeline_partition_paused', 'stop_the_line')) > 0,
      { timeoutMs: 60_000, intervalMs: 250, what: 'the line stops' },
    );

  it('stops the line before the topic drains into the dead letter topic [F14] [ERR-11]', () => {
    expect(buried).toBeGreaterThan(0);
    expect(buried).toBeLessThanOrEqual(LIMIT);
  });

  it('is not ready, and a restart of the same version stays stopped [F14] [ERR-11]', () => {
    expect(ready).toEqual([false, false]);
    expect(buriedAfterRestart).toBe(buried);
  });

  it('goes on with a mended version, and loses nothing [F14] [I1]', () => {
    expect(verdict).toMatchObject({ unhandled: 0, lag: 0, deadLetters: buried, problems: [] });
  });
});
