// @ts-check
import { randomBytes } from 'node:crypto';
import { EngineError } from '../engines/engine-error.mjs';
import { until } from '../engines/steps.mjs';

export const TOPIC = 'metals-prices';
export const DEAD_LETTER_TOPIC = `${TOPIC}.dead-letter`;
/** The group that stores prices; the other groups of the processor set the same records aside for themselves. */
export const GROUP = 'metals-processor';

const WAIT_MS = 30_000;
const NOTHING_RUNS = 'run `npm start` in another terminal, wait for its table, then run this again';

/**
 * @typedef {Map<number, bigint>} Offsets - by partition, the next one.
 * @typedef {{ partition: number, offset: bigint, headers: Record<string, string> }} DeadLetter
 * @typedef {{ kafka: import('kafkajs').Kafka, admin: import('kafkajs').Admin }} Demo
 */

/**
 * Connects to the brokers for the time of `work`.
 *
 * @template T
 * @param {string} brokers
 * @param {(demo: Demo) => Promise<T>} work
 * @returns {Promise<T>}
 * @throws {EngineError} when no broker answers, or no processor reads the topic.
 */
export async function withKafka(brokers, work) {
  const { Kafka, logLevel } = await loadClient();
  const kafka = new Kafka({
    ...{ clientId: 'demo-poison', brokers: brokers.split(','), logLevel: logLevel.NOTHING },
    retry: { retries: 2 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect().catch((error) => {
      throw new EngineError(`no broker answers at ${brokers}`, {
        cause: `nothing runs there: ${error.message}`,
        fix: NOTHING_RUNS,
      });
    });
    await requireProcessor(admin);
    return await work({ kafka, admin });
  } finally {
    await admin.disconnect();
  }
}

/** @param {import('kafkajs').Admin} admin */
async function requireProcessor(admin) {
  const { groups } = await admin.describeGroups([GROUP]);
  if (groups.some(({ state, members }) => state === 'Stable' && members.length > 0)) return;
  throw new EngineError(`no processor reads ${TOPIC}: the group ${GROUP} has no member`, {
    cause: 'the servers run, the apps do not, or they are still starting',
    fix: NOTHING_RUNS,
  });
}

/** @param {Demo} demo @param {string} topic @returns {Promise<Offsets>} */
export async function endsOf({ admin }, topic) {
  const offsets = await admin.fetchTopicOffsets(topic);
  return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]));
}

/** Publishes one after the other, so that good and bad ones lie between each other. @param {Demo} demo @param {readonly import('kafkajs').Message[]} messages */
export async function publish({ kafka }, messages) {
  const { Partitioners } = await loadClient();
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    await producer.send({ topic: TOPIC, acks: -1, messages: [...messages] });
  } finally {
    await producer.disconnect();
  }
}

/**
 * Waits until the group has committed everything that is on the topic now: each record is stored or set aside by then.
 *
 * @param {Demo} demo
 * @param {Offsets} ends
 * @throws {EngineError} when it takes longer than 30 s.
 */
export async function whenFinished({ admin }, ends) {
  const isFinished = async () => {
    const [found] = await admin.fetchOffsets({ groupId: GROUP, topics: [TOPIC] });
    const committed = new Map(found?.partitions.map((each) => [each.partition, each.offset]));
    return [...ends].every(
      ([partition, end]) => BigInt(committed.get(partition) ?? -1) >= end || end === 0n,
    );
  };
  if (await until(isFinished, { timeoutMs: WAIT_MS, everyMs: 200 })) return;
  throw new EngineError(`the group ${GROUP} has not finished the records within 30 s`, {
    cause: 'the processor is far behind, paused, or waits for its database',
    fix: 'curl -s localhost:8001/health',
  });
}

/**
 * Reads the dead letters of the group between two ends of the topic.
 *
 * @param {Demo} demo
 * @param {Offsets} before
 * @returns {Promise<readonly DeadLetter[]>}
 */
export async function deadLettersSince(demo, before) {
  const ends = await endsOf(demo, DEAD_LETTER_TOPIC);
  const open = new Map([...ends].filter(([partition, end]) => end > (before.get(partition) ?? 0n)));
  if (open.size === 0) return [];
  const groupId = `demo-poison-${randomBytes(6).toString('hex')}`;
  const consumer = demo.kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
  /** @type {DeadLetter[]} */
  const found = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic: DEAD_LETTER_TOPIC, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        const offset = BigInt(message.offset);
        if (offset < (before.get(partition) ?? 0n)) return;
        found.push({ partition, offset, headers: textsOf(message.headers) });
        if (offset + 1n >= (open.get(partition) ?? 0n)) open.delete(partition);
      },
    });
    for (const [partition] of open) {
      const offset = String(before.get(partition) ?? 0n);
      consumer.seek({ topic: DEAD_LETTER_TOPIC, partition, offset });
    }
    await until(() => open.size === 0, { timeoutMs: WAIT_MS, everyMs: 50 });
  } finally {
    await consumer.disconnect();
    await demo.admin.deleteGroups([groupId]);
  }
  return unique(found).filter(({ headers }) => headers['dead-letter-consumer-group'] === GROUP);
}

/** A seek may read a record a second time. @param {readonly DeadLetter[]} letters */
const unique = (letters) => [
  ...new Map(letters.map((each) => [`${each.partition}:${each.offset}`, each])).values(),
];

/** @param {import('kafkajs').IHeaders | undefined} headers @returns {Record<string, string>} */
const textsOf = (headers = {}) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

async function loadClient() {
  try {
    const { default: client } = await import('kafkajs');
    return client;
  } catch {
    throw new EngineError('the kafkajs client is not installed', { fix: 'npm start' });
  }
}
