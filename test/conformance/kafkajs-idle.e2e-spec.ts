import { createHook } from 'node:async_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { KafkajsDriver } from 'millrace/kafka';

const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',');
const IDLE_MS = 10_000;

let driver: KafkajsDriver;
let topic: string;

let callbacks = 0;
const timers = new Set<number>();
// Before the first connection: an interval is seen when it is made, and counted each time it fires.
const hook = createHook({
  init: (id, type) => void (type === 'Timeout' && timers.add(id)),
  before: (id) => void (timers.has(id) && (callbacks += 1)),
});

beforeAll(() => void hook.enable());
/** Of the whole process, per second; kafkajs alone would wake it some 900 times for each connection. */
const MOST_WAKE_UPS = 60;

afterAll(() => void hook.disable());
beforeEach(async () => {
  driver = new KafkajsDriver({ brokers });
  await driver.connect({ deadlineMs: 10_000 });
  topic = `idle-${process.pid}-${Date.now()}`;
  await driver.admin().createTopics([{ topic, partitions: 12, replicationFactor: 1 }]);
});
afterEach(() => driver.close({ deadlineMs: 5_000 }));

/** A producer with an open connection. */
async function openProducer(name: string): Promise<void> {
  const producer = driver.producer({ name });
  const record = { topic, key: null, value: Buffer.from('x'), headers: [] };
  const [result] = await producer.publish([record], { deadlineMs: 10_000 });
  expect(result?.status).toBe('acked');
}

describe('an idle service on a real broker', () => {
  it('runs fewer than 50 timer callbacks in 10 s for three connections, without a warning [P21] [P22]', async () => {
    await openProducer('events');
    await openProducer('letters');
    await wait(1_000);
    callbacks = 0;
    const warnings: string[] = [];
    const onWarning = ({ name }: Error) => void warnings.push(name);
    process.on('warning', onWarning);
    await wait(IDLE_MS);
    const seen = callbacks;
    process.off('warning', onWarning);
    expect(seen).toBeGreaterThan(0);
    expect(seen).toBeLessThan(50);
    expect(warnings).toEqual([]);
  });

  // What a wake-up costs is the machine's; the share of a core is measured by `npm run bench -- --full`.
  it('wakes up fewer than 60 times per second, with a member of a group that reads 12 partitions [P21]', async () => {
    await openProducer('events');
    const consumer = driver.consumer({ groupId: `${topic}-reader`, topics: [topic] });
    await consumer.start((batch) => Promise.resolve({ resume: batch.nextOffset }));
    await wait(2_000);
    const before = process.resourceUsage().voluntaryContextSwitches;
    await wait(IDLE_MS);
    const wakeUps = process.resourceUsage().voluntaryContextSwitches - before;
    expect(wakeUps).toBeGreaterThan(0);
    expect(wakeUps / (IDLE_MS / 1_000)).toBeLessThan(MOST_WAKE_UPS);
  }, 90_000);
});
