import { encodeEvent } from 'millrace/contracts';
import { eventually } from 'millrace/testing';
import { asOperator } from '../harness/cluster';
import { Load } from '../harness/load';
import { accountName } from '../harness/movement-ledger';
import { Scenario } from '../harness/scenario';
import type { Verdict } from '../harness/verdict';
import { movementContract } from '../service/movement';

const BEFORE = 3;
const AFTER = 6;
const RECORDS = 600;

describe('partitions are added under load', () => {
  let scenario: Scenario;
  let verdict: Verdict;

  beforeAll(async () => {
    // Order of a key and its version may change hands with its partition, so only the inserts are judged.
    scenario = await Scenario.open({
      name: 'grown',
      about: 'Partitions are added under load.',
      partitions: BEFORE,
      parts: ['movements'],
    });
    await scenario.addReadyMembers(2);
    const load = Load.start(scenario, { perSecond: 300 });
    const { servers, workload } = scenario;
    await asOperator(servers.brokers, (admin) =>
      admin.createPartitions({ topicPartitions: [{ topic: workload.topic, count: AFTER }] }),
    );
    scenario.faults.add('other', scenario.ledger.size, `${AFTER} partitions`);
    await eventually(async () => (await scenario.kafka.ends(workload.topic)).size === AFTER);
    await sendToNew();
    // The lane of redrives has as many as the source had when it was made.
    await eventually(async () => (await assigned()) === AFTER + BEFORE, {
      timeoutMs: 90_000,
      intervalMs: 500,
      what: 'every partition is assigned',
    });
    await load.stop();
    verdict = await scenario.finish();
  }, 240_000);

  afterAll(() => scenario.close(), 60_000);

  /** As a producer does that knows the new partitions before the consumers do. */
  async function sendToNew(): Promise<void> {
    const { kafka, ledger, memo, workload } = scenario;
    const contract = movementContract(workload.topic);
    const lines = Array.from({ length: RECORDS }, (_, index) => {
      const line = ledger.open(index % ledger.accountCount);
      const id = ledger.idOf(line);
      const account = accountName(ledger.accountOf(line));
      const movement = { id, account, memo, sequence: ledger.sequenceOf(line), amount: index };
      const origin = { eventId: id, source: 'reliability', nowMs: Date.now() };
      const partition = BEFORE + (index % (AFTER - BEFORE));
      return { line, record: { partition, ...encodeEvent(contract, movement, origin) } };
    });
    const positions = await kafka.send(
      workload.topic,
      lines.map(({ record }) => record),
    );
    lines.forEach(({ line }, index) => {
      const { partition, offset } = positions[index] ?? { partition: -1, offset: -1n };
      ledger.acknowledge(line, partition, offset);
    });
  }

  async function assigned(): Promise<number> {
    const counts = scenario.living.map((member) => member.metric('pipeline_assigned_partitions'));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  it('reads the new ones from their beginning and loses nothing [F29] [I1] [I2]', () => {
    expect(verdict).toMatchObject({ code: 'ok', lost: 0, twice: 0, deadLetters: 0, lag: 0 });
  });
});
