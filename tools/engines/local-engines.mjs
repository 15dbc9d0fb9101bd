// @ts-check
import { join } from 'node:path';
import { EngineError } from './engine-error.mjs';
import { provideDatabaseServer } from './database-server.mjs';
import { findDatabase, startDatabase, stopDatabase } from './database.mjs';
import { findBroker, provideBrokerRuntime, startBroker, stopBroker } from './kafka-broker.mjs';
import { kafkaVersion } from './kafka-jars.mjs';
import { DEFAULT_ENGINES_DIR } from './paths.mjs';
import { choosePort, freePort } from './ports.mjs';
import { startSecureDatabase } from './secure-database.mjs';
import { secureListeners } from './secure-listeners.mjs';
import { databaseDir } from './state.mjs';
import { step, stepLine } from './steps.mjs';

/**
 * @typedef {{ dir: string, env: NodeJS.ProcessEnv, print: (line: string) => void, earlier?: import('./state.mjs').EnginesState, material?: import('./secure-material.mjs').SecureMaterial | undefined, traceTls?: boolean | undefined }} LocalContext - `material`: nothing without TLS.
 * @typedef {{ brokerDirs: readonly string[], brokerPorts: readonly number[], controllerPorts: readonly number[], kafkaBrokers: string, secure?: import('./secure-listeners.mjs').SecureKafka, started: readonly string[] }} LocalKafka
 */

const TLS_FIX = { fix: 'npm run engines -- down, then up --tls; data stays' };
const DEFAULT_PORTS = { kafka: [9092, 9094, 9096], database: 27017 };

/**
 * Starts one broker, or three that replicate to each other; those that already serve are kept.
 *
 * Data of another version or another count lies in another folder, so that neither reads what it cannot.
 *
 * @param {LocalContext} context
 * @param {{ brokerCount: number }} options - 1 or 3; one with TLS.
 * @returns {Promise<LocalKafka>}
 */
export async function startLocalKafka(context, { brokerCount }) {
  const { dir, env, print, earlier, material } = context;
  const runtime = await provideBrokerRuntime({ env, print });
  const dirs = brokerDirs(dir, kafkaVersion(env), material ? 'tls' : brokerCount);
  const others = (earlier?.brokerDirs ?? []).filter((folder) => !dirs.includes(folder));
  if (await stopLocalKafka(others))
    print(stepLine('kafka', 'the brokers of another version or count are stopped'));
  const controllerPorts = await chooseControllerPorts(context, dirs);
  const ports = await brokerPorts(context, dirs);
  const { secure, ...shape } = material
    ? await secureShape({ ...context, material }, dirs, ports[0] ?? 0)
    : { secure: undefined };
  const brokers = await step(
    print,
    'kafka',
    () =>
      Promise.all(
        brokerOptions({ dirs, ports, controllerPorts }).map((options) =>
          startBroker({ ...options, ...shape, runtime, env }),
        ),
      ),
    (list) =>
      `Apache Kafka ${runtime.version} ${verb(list.every(({ reused }) => reused))} on ${addresses(list)}`,
  );
  const started = brokers.some(({ reused }) => !reused) ? ['kafka'] : [];
  return {
    brokerDirs: dirs,
    brokerPorts: brokers.map(({ port }) => port),
    controllerPorts,
    kafkaBrokers: addresses(brokers),
    ...(secure && { secure }),
    started,
  };
}

/**
 * Starts one broker of an earlier `up` again, on its port, beside those that still run.
 *
 * @param {{ state: import('./state.mjs').EnginesState, node: number, env: NodeJS.ProcessEnv }} options - `node` 1 is the first.
 */
export async function restartBroker({ state, node, env }) {
  if (state.secure) throw new EngineError('a broker with TLS is not started alone', TLS_FIX);
  const options = brokerOptions({
    dirs: state.brokerDirs,
    ports: state.brokerPorts,
    controllerPorts: state.controllerPorts ?? [],
  })[node - 1];
  if (!options)
    throw new EngineError(`there is no broker ${node}`, { fix: 'npm run engines -- status' });
  return startBroker({ ...options, env });
}

/**
 * Starts the MongoDB-wire server; one that already answers is kept.
 *
 * @param {LocalContext} context
 * @returns {Promise<{ databasePort: number, mongoUri: string, secureMongo?: import('./secure-database.mjs').SecureMongo, probeUri: string, started: readonly string[] }>}
 */
export async function startLocalDatabase({ dir, env, print, earlier, material }) {
  const folder = databaseDir(dir, material !== undefined);
  // One of the other kind is in the way of the port.
  await stopDatabase({ dir: databaseDir(dir, material === undefined) });
  const running = findDatabase(folder);
  const port =
    running?.port ??
    (await choosePort([earlier?.databasePort, usual(dir, DEFAULT_PORTS.database)]));
  const server = await provideDatabaseServer({ env, print });
  const wanted = { dir: folder, port, server, env };
  const start = async () =>
    material
      ? startSecureDatabase({ ...wanted, material })
      : { ...(await startDatabase(wanted)), secure: undefined, adminUri: undefined };
  const database = await step(
    print,
    'database',
    start,
    ({ label, reused, port: at }) => `${label} ${verb(reused)} on 127.0.0.1:${at}`,
  );
  return {
    databasePort: database.port,
    mongoUri: database.secure?.uri ?? database.uri,
    probeUri: database.adminUri ?? database.uri,
    ...(database.secure && { secureMongo: database.secure }),
    started: database.reused ? [] : ['database'],
  };
}

/**
 * Starts the database of an earlier `up` again, on its port.
 *
 * @param {{ state: import('./state.mjs').EnginesState, dir: string }} options - `dir` of the engines.
 */
export async function restartDatabase({ state, dir }) {
  if (state.secureMongo) throw new EngineError('a database with TLS is not started alone', TLS_FIX);
  return startDatabase({ dir: databaseDir(dir), port: state.databasePort ?? 27017 });
}

/** A broker that runs keeps the addresses that it has. @param {LocalContext & { material: import('./secure-material.mjs').SecureMaterial }} context @param {readonly string[]} dirs @param {number} port */
const secureShape = async ({ earlier, material, traceTls }, dirs, port) =>
  dirs.some((folder) => findBroker(folder))
    ? { secure: earlier?.secure }
    : secureListeners({ material, port, traceTls });

/** @param {readonly string[]} dirs @param {NodeJS.Signals} [signal] */
export const stopLocalKafka = async (dirs, signal) =>
  (await Promise.all(dirs.map((dir) => stopBroker({ dir, signal })))).some(Boolean);

/** @param {string} dir @param {NodeJS.Signals} [signal] */
export const stopLocalDatabase = async (dir, signal) => {
  const stopped = [false, true].map((isSecure) =>
    stopDatabase({ dir: databaseDir(dir, isSecure), signal }),
  );
  return (await Promise.all(stopped)).some(Boolean);
};

/** @param {string} dir @param {string} version @param {number | 'tls'} shape - count of brokers, or one with TLS. */
const brokerDirs = (dir, version, shape) =>
  shape === 1 || shape === 'tls'
    ? [join(dir, `kafka-${version}${shape === 'tls' ? '-tls' : ''}`)]
    : [1, 2, 3].map((node) => join(dir, `kafka-${version}-${node}-of-3`));

/** @param {{ dirs: readonly string[], ports: readonly number[], controllerPorts: readonly number[] }} nodes */
function brokerOptions({ dirs, ports, controllerPorts }) {
  const voters = controllerPorts.map((port, index) => `${index + 1}@127.0.0.1:${port}`);
  return dirs.map((dir, index) => ({
    ...{ dir, voters, brokerCount: dirs.length, nodeId: index + 1 },
    ...{ port: ports[index] ?? 0, controllerPort: controllerPorts[index] ?? 0 },
  }));
}

/** Voters know each other by port: while one of several runs, the ports stay. @param {LocalContext} context @param {readonly string[]} dirs */
async function chooseControllerPorts({ earlier }, dirs) {
  const isRunning = dirs.some((folder) => findBroker(folder));
  if (isRunning && earlier?.controllerPorts?.length === dirs.length) return earlier.controllerPorts;
  if (dirs.length > 1) await stopLocalKafka(dirs);
  return Promise.all(dirs.map(freePort));
}

/** @param {LocalContext} context @param {readonly string[]} dirs */
async function brokerPorts({ dir, earlier }, dirs) {
  /** @type {number[]} */
  const ports = [];
  for (const [index, folder] of dirs.entries()) {
    const before = earlier?.brokerDirs[index] === folder ? earlier.brokerPorts[index] : undefined;
    const preferred = [before, usual(dir, DEFAULT_PORTS.kafka[index])].filter(
      (port) => port !== undefined && !ports.includes(port),
    );
    ports.push(findBroker(folder)?.port ?? (await choosePort(preferred)));
  }
  return ports;
}

/** Only the checkout's own engines have the usual ports; those of a test stay out of their way. @param {string} dir @param {number} [port] */
const usual = (dir, port) => (dir === DEFAULT_ENGINES_DIR ? port : undefined);

/** @param {readonly { port: number }[]} brokers */
const addresses = (brokers) => brokers.map(({ port }) => `127.0.0.1:${port}`).join(',');

/** @param {boolean} reused */
const verb = (reused) => (reused ? 'already up' : 'ready');
