import { KafkajsDriver, RecordTooLargeError } from 'millrace/kafka';
import type { ProducerPort, PublishResult } from 'millrace/pipeline';
import { DEAD_LETTER_HEADERS } from 'millrace/pipeline';
import { configureTopic } from '../harness/cluster';
import { Scenario } from '../harness/scenario';
import type { Verdict } from '../harness/verdict';

const LIMIT_BYTES = 1_048_588;
/** Of the handler; records between the limits are read, and set aside. */
const MAX_RECORD_BYTES = 262_144;

describe('records around the limit of the topic', () => {
  let scenario: Scenario;
  let driver: KafkajsDriver;
  let producer: ProducerPort;
  let verdict: Verdict;
  const sizes = new Map<number, PublishResult>();
  const before = () => [...sizes.keys()].sort((a, b) => a - b);

  beforeAll(async () => {
    scenario = await Scenario.open({
      name: 'oversize',
      about: 'Records around the limit of the topic are published and read.',
      partitions: 1,
      parts: ['movements'],
    });
    const { servers, workload } = scenario;
    await configureTopic(servers.brokers, workload.topic, {
      'max.message.bytes': String(LIMIT_BYTES),
    });
    driver = new KafkajsDriver({ brokers: servers.brokers.split(','), topics: { mode: 'off' } });
    await driver.connect({ deadlineMs: 15_000 });
    producer = driver.producer({ name: 'oversize' });
    await scenario.addReadyMembers(1);
    await scenario.source.send(100);
    const largest = await largestAccepted();
    for (const bytes of [largest - 1, largest, largest + 1]) sizes.set(bytes, await publish(bytes));
    await scenario.source.send(100);
    const expectedDeadLetters = Number(await oversized());
    verdict = await scenario.finish({ expectedDeadLetters });
  }, 180_000);

  afterAll(async () => {
    await driver.close({ deadlineMs: 5_000 });
    await scenario.close();
  }, 60_000);

  async function publish(bytes: number): Promise<PublishResult> {
    const record = { topic: scenario.workload.topic, partition: 0, key: null, headers: [] };
    const [result] = await producer.publish([{ ...record, value: Buffer.alloc(bytes, 'x') }], {
      deadlineMs: 10_000,
    });
    if (result === undefined) throw new Error('no answer');
    return result;
  }

  /** The overhead of a batch is the client's business; found as a user would find it. */
  async function largestAccepted(): Promise<number> {
    let fits = LIMIT_BYTES - 200;
    let tooLarge = LIMIT_BYTES + 1;
    while (tooLarge - fits > 1) {
      const middle = Math.floor((fits + tooLarge) / 2);
      if ((await publish(middle)).status === 'acked') fits = middle;
      else tooLarge = middle;
    }
    return fits;
  }

  it('takes limit - 1 and limit, and refuses limit + 1 with a code [F21]', () => {
    const answers = before().map((bytes) => sizes.get(bytes));
    expect(answers.map((answer) => answer?.status)).toEqual(['acked', 'acked', 'failed']);
    const refused = answers[2];
    expect(refused?.status === 'failed' && refused.error).toBeInstanceOf(RecordTooLargeError);
  });

  it('does not stall the consumer: what follows is stored [F21] [I1] [I5]', () => {
    expect(verdict).toMatchObject({ problems: [], records: 200, lost: 0, twice: 0, lag: 0 });
  });

  it('has a dead letter for each, whole or marked as cut [F21]', async () => {
    const letters = await scenario.kafka.readSince(
      `${scenario.workload.topic}.dead-letter`,
      new Map(),
    );
    expect(letters).toHaveLength(Number(await oversized()));
    const untold = letters.filter(({ headers, value }) => {
      const isWhole = (value?.length ?? 0) > MAX_RECORD_BYTES;
      return !isWhole && !headers.has(DEAD_LETTER_HEADERS.truncated);
    });
    expect(untold).toEqual([]);
    expect(new Set(letters.map(({ headers }) => headers.get(DEAD_LETTER_HEADERS.reason)))).toEqual(
      new Set(['too-large']),
    );
  }, 40_000);

  /** Records in the topic that are none of the ledger. */
  async function oversized(): Promise<bigint> {
    const ends = await scenario.kafka.ends(scenario.workload.topic);
    return [...ends.values()].reduce((sum, end) => sum + end, 0n) - 200n;
  }
});
