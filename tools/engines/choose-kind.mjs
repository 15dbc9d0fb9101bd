// @ts-check
import { EngineError } from './engine-error.mjs';

/** The ways in which real servers come about. */
export const ENGINE_KINDS = /** @type {const} */ (['external', 'docker', 'local']);

/**
 * @typedef {(typeof ENGINE_KINDS)[number]} EngineKind
 * @typedef {{ kafka: boolean, database: boolean }} Wanted - which servers are ours to start.
 * @typedef {readonly string[]} Missing - what to install, one line each; empty when nothing is.
 * @typedef {{ docker: () => Promise<Missing>, localKafka: () => Promise<Missing>, localDatabase: () => Promise<Missing> }} KindProbes
 * @typedef {{ kind: EngineKind, reason: string, wanted: Wanted }} Choice
 */

/**
 * Chooses how the servers come about: those that the user names, Docker Compose, local processes, in this order.
 *
 * A server that is named (KAFKA_BROKERS, MONGODB_URI) is never started; the other one may be.
 *
 * @param {{ env: NodeJS.ProcessEnv, forced?: EngineKind, probes: KindProbes }} options
 * @returns {Promise<Choice>}
 * @throws {EngineError} one error that lists what to install.
 */
export async function chooseKind({ env, forced, probes }) {
  const named = { kafka: Boolean(env.KAFKA_BROKERS), database: Boolean(env.MONGODB_URI) };
  if (forced === 'external') return chooseExternal(named, 'asked for');
  if (forced === 'docker') return chooseDocker(await probes.docker());
  if (forced === 'local') return chooseLocal({ kafka: true, database: true }, probes);
  if (named.kafka && named.database)
    return chooseExternal(named, 'KAFKA_BROKERS and MONGODB_URI are set');
  const wanted = { kafka: !named.kafka, database: !named.database };
  const dockerMissing = await probes.docker();
  if (dockerMissing.length === 0)
    return { kind: 'docker', reason: 'docker info and docker compose version answer', wanted };
  return chooseLocal(wanted, probes, dockerMissing);
}

/** @param {Wanted} named @param {string} reason @returns {Choice} */
function chooseExternal(named, reason) {
  const unset = [
    ...(named.kafka ? [] : ['KAFKA_BROKERS']),
    ...(named.database ? [] : ['MONGODB_URI']),
  ];
  if (unset.length === 0)
    return { kind: 'external', reason, wanted: { kafka: false, database: false } };
  throw new EngineError(`--engines=external needs ${unset.join(' and ')}`, {
    fix: 'KAFKA_BROKERS=127.0.0.1:9092 MONGODB_URI=mongodb://127.0.0.1:27017/?replicaSet=rs0 npm start',
  });
}

/** @param {Missing} missing @returns {Choice} */
function chooseDocker(missing) {
  if (missing.length === 0)
    return { kind: 'docker', reason: 'asked for', wanted: { kafka: true, database: true } };
  throw new EngineError('--engines=docker, but Docker cannot be used', {
    cause: missing.join('\n'),
    fix: 'npm run doctor',
  });
}

/** @param {Wanted} wanted @param {KindProbes} probes @param {Missing} [dockerMissing] @returns {Promise<Choice>} */
async function chooseLocal(wanted, probes, dockerMissing) {
  const kafka = wanted.kafka ? await probes.localKafka() : [];
  const database = wanted.database ? await probes.localDatabase() : [];
  const reason = dockerMissing ? 'no Docker Compose here; local processes' : 'asked for';
  if (kafka.length + database.length === 0) return { kind: 'local', reason, wanted };
  throw new EngineError('no way to run Kafka and a MongoDB-wire server on this machine', {
    cause: [...kafka, ...database].join('\n'),
    fix: [
      'install what is named above, or one of:',
      `Docker with the compose plugin${dockerMissing ? ` (${dockerMissing.join('; ')})` : ''}`,
      'servers of your own: KAFKA_BROKERS=... MONGODB_URI=... npm start',
      'Node alone, nothing real: npm start -- --in-memory',
    ].join('\n'),
  });
}
