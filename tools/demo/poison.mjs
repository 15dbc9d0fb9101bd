// @ts-check
import { EngineError, renderEngineError } from '../engines/engine-error.mjs';
import { readEnvFile } from '../engines/env-file.mjs';
import { withMongoClient } from '../engines/mongo-client.mjs';
import { DEFAULT_ENGINES_DIR } from '../engines/paths.mjs';
import { envFile } from '../engines/state.mjs';
import { demoRecords } from './demo-records.mjs';
import {
  DEAD_LETTER_TOPIC,
  TOPIC,
  deadLettersSince,
  endsOf,
  publish,
  whenFinished,
  withKafka,
} from './demo-kafka.mjs';

/**
 * Publishes bad records between good ones beside a running `npm start`, and says what became of them.
 *
 * @typedef {{ sent: number, stored: number, deadLetters: number, reasons: Record<string, number> }} Figures
 */

const print = console.log;

/** @param {NodeJS.ProcessEnv} env */
function settingsOf(env) {
  const { KAFKA_BROKERS, MONGODB_URI } = { ...readEnvFile(envFile(DEFAULT_ENGINES_DIR)), ...env };
  if (KAFKA_BROKERS && MONGODB_URI) {
    return {
      brokers: KAFKA_BROKERS,
      mongoUri: MONGODB_URI,
      database: env.MONGODB_DATABASE || 'pipeline',
    };
  }
  throw new EngineError('nothing runs here: there is no .engines/env', {
    cause: '`npm start` writes it when Kafka and the database are up',
    fix: 'run `npm start` in another terminal, wait for its table, then run this again',
  });
}

/** @param {NodeJS.ProcessEnv} env @returns {Promise<boolean>} whether exactly the bad ones are dead letters. */
async function demonstrate(env) {
  const settings = settingsOf(env);
  const records = demoRecords(Date.now());
  const bad = records.filter(({ problem }) => problem);
  /** @type {readonly import('./demo-kafka.mjs').DeadLetter[]} */
  const letters = await withKafka(settings.brokers, async (demo) => {
    const before = await endsOf(demo, DEAD_LETTER_TOPIC);
    await publish(
      demo,
      records.map(({ message }) => message),
    );
    print(`published  ${records.length} records to ${TOPIC}; ${bad.length} of them are bad:`);
    for (const { problem } of bad) print(`           ${problem}`);
    await whenFinished(demo, await endsOf(demo, TOPIC));
    return deadLettersSince(demo, before);
  });
  const ours = letters.filter(({ headers }) => records.some(({ id }) => id === idOf(headers)));
  const stored = await storedIds(settings, records);
  report(records, ours, stored);
  print(JSON.stringify(figuresOf(records, ours, stored)));
  return isExact(
    records,
    ours.map(({ headers }) => idOf(headers)),
    stored,
  );
}

/** @param {Record<string, string>} headers */
const idOf = (headers) => headers['ce_id'] ?? '';

/** @param {{ mongoUri: string, database: string }} settings @param {readonly import('./demo-records.mjs').DemoRecord[]} records */
const storedIds = ({ mongoUri, database }, records) =>
  withMongoClient(mongoUri, async (client) => {
    const wanted = { eventId: { $in: records.map(({ id }) => id) } };
    const found = await client.db(database).collection('prices').find(wanted).toArray();
    return found.map(({ eventId }) => String(eventId));
  });

/** @param {readonly import('./demo-records.mjs').DemoRecord[]} records @param {readonly import('./demo-kafka.mjs').DeadLetter[]} letters @param {readonly string[]} stored */
function report(records, letters, stored) {
  print(
    `stored     ${stored.length} of ${records.filter(({ problem }) => !problem).length} good records`,
  );
  print(
    `set aside  ${letters.length} of ${records.filter(({ problem }) => problem).length} bad records, in ${DEAD_LETTER_TOPIC}:`,
  );
  for (const { headers } of letters) {
    const problem = records.find(({ id }) => id === idOf(headers))?.problem ?? 'a good record';
    const at = `partition ${headers['dead-letter-original-partition']}, offset ${headers['dead-letter-original-offset']}`;
    print(`           ${problem}, at ${at}`);
    print(`             ${headers['dead-letter-reason']}: ${headers['dead-letter-error-message']}`);
  }
}

/** @param {readonly import('./demo-records.mjs').DemoRecord[]} records @param {readonly import('./demo-kafka.mjs').DeadLetter[]} letters @param {readonly string[]} stored @returns {Figures} */
function figuresOf(records, letters, stored) {
  /** @type {Record<string, number>} */
  const reasons = {};
  for (const { headers } of letters) {
    const reason = headers['dead-letter-reason'] ?? 'none';
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  return { sent: records.length, stored: stored.length, deadLetters: letters.length, reasons };
}

/** @param {readonly import('./demo-records.mjs').DemoRecord[]} records @param {readonly string[]} setAside @param {readonly string[]} stored */
function isExact(records, setAside, stored) {
  const idsOf = (/** @type {boolean} */ isBad) =>
    records.filter(({ problem }) => Boolean(problem) === isBad).map(({ id }) => id);
  const isSame = (/** @type {readonly string[]} */ left, /** @type {readonly string[]} */ right) =>
    [...left].sort().join() === [...right].sort().join();
  return isSame(idsOf(true), setAside) && isSame(idsOf(false), stored);
}

try {
  process.exitCode = (await demonstrate(process.env)) ? 0 : 1;
} catch (error) {
  console.error(renderEngineError(error));
  process.exitCode = 1;
}
