// @ts-check
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EngineError } from './engine-error.mjs';
import { jvmArguments, provideKafkaRuntime } from './kafka-jvm.mjs';
import { serverProperties } from './kafka-properties.mjs';
import { endProcess, findByMarker, isAlive, startDetached } from './owned-process.mjs';
import { freePort, isListening } from './ports.mjs';
import { run } from './run.mjs';
import { scramArguments } from './secure-listeners.mjs';
import { until } from './steps.mjs';

/** Any 16 bytes do; one for all, so that data of a killed run fits the next one. */
const CLUSTER_ID = 'TWlsbHJhY2VFbmdpbmVzMQ';

/**
 * @typedef {{ dir: string, port: number, nodeId?: number, controllerPort?: number, voters?: readonly string[], brokerCount?: number, listeners?: readonly import('./kafka-properties.mjs').Listener[], controllerProtocol?: 'PLAINTEXT' | 'SSL', jvm?: readonly string[], settings?: Record<string, string | number | boolean>, users?: Readonly<Record<string, string>>, runtime?: import('./kafka-jvm.mjs').KafkaRuntime, record?: boolean, timeoutMs?: number, env?: NodeJS.ProcessEnv, print?: (line: string) => void }} BrokerOptions
 * @typedef {{ pid: number, port: number, dir: string, logFile: string, reused: boolean }} Broker
 */

/**
 * Starts one broker and waits until it serves; one that already serves from the folder is taken as it is.
 *
 * The data of the folder is kept: a broker that was killed comes back with what it had acknowledged.
 *
 * @param {BrokerOptions} options - `dir` holds its data, log and state; `listeners` default one PLAINTEXT on `port`; `users` of SCRAM with their passwords; `jvm` further arguments; `timeoutMs` default 60000.
 * @returns {Promise<Broker>}
 * @throws {EngineError} with the end of its log when it does not serve in time.
 */
export async function startBroker(options) {
  const dir = resolve(options.dir);
  const logFile = join(dir, 'kafka.log');
  const running = findBroker(dir);
  if (running?.port && (await until(() => isListening(running.port), { timeoutMs: 10_000 }))) {
    return { ...running, dir, logFile, reused: true };
  }
  await stopBroker({ dir });
  const runtime = options.runtime ?? (await provideBrokerRuntime(options));
  await format(await writeProperties({ ...options, dir }), runtime, { dir, users: options.users });
  return {
    pid: await launch({ ...options, dir, runtime, logFile }),
    port: options.port,
    dir,
    logFile,
    reused: false,
  };
}

/**
 * Stops the broker of a folder, if one runs there.
 *
 * @param {{ dir: string, signal?: NodeJS.Signals, port?: number }} options - `signal` SIGKILL crashes it; default SIGTERM; `port` only names it.
 * @returns {Promise<boolean>} whether one ran.
 */
export async function stopBroker({ dir, signal = 'SIGTERM' }) {
  const folder = resolve(dir);
  const running = findBroker(folder);
  const stopped = running
    ? await endProcess({ pid: running.pid, marker: propertiesFile(folder) }, { signal })
    : false;
  rmSync(pidFile(folder), { force: true });
  return stopped;
}

/**
 * Finds the living broker of a folder: by its pid file, or by its command line when that file was never written.
 *
 * @param {string} dir
 * @returns {{ pid: number, port: number } | undefined}
 */
export function findBroker(dir) {
  const marker = propertiesFile(resolve(dir));
  const written = existsSync(pidFile(dir)) ? Number(readFileSync(pidFile(dir), 'utf8')) : 0;
  const owned = isAlive({ pid: written, marker }) ? { pid: written } : findByMarker(marker);
  const properties = owned && existsSync(marker) ? readFileSync(marker, 'utf8') : '';
  return (
    owned && {
      pid: owned.pid,
      port: Number(/^listeners=[^:]+:\/\/[^:]+:(\d+)/m.exec(properties)?.[1] ?? 0),
    }
  );
}

/**
 * Provides what brokers are started from; the first call on a machine fetches and trains.
 *
 * @param {{ env?: NodeJS.ProcessEnv, print?: (line: string) => void }} [options]
 */
export const provideBrokerRuntime = ({ env, print } = {}) =>
  provideKafkaRuntime({ env, print, train: trainingRun });

/** @param {import('./kafka-jvm.mjs').KafkaRuntime} runtime @param {string} dir */
async function trainingRun(runtime, dir) {
  await startBroker({ dir, port: await freePort(), runtime, record: true });
  await stopBroker({ dir });
}

/** @param {string} dir */
const propertiesFile = (dir) => join(dir, 'server.properties');
/** @param {string} dir */
const pidFile = (dir) => join(dir, 'kafka.pid');
/** @param {string} dir */
const dataDir = (dir) => join(dir, 'data');

/** @param {BrokerOptions} options */
async function writeProperties({
  dir,
  port,
  nodeId = 1,
  controllerPort,
  voters,
  brokerCount = 1,
  listeners,
  controllerProtocol,
  settings,
}) {
  const controller = controllerPort ?? (await freePort());
  mkdirSync(dir, { recursive: true });
  const shape = {
    ...{ nodeId, brokerCount, settings, controllerPort: controller, dataDir: dataDir(dir) },
    controllerProtocol,
    voters: voters ?? [`${nodeId}@127.0.0.1:${controller}`],
    listeners: listeners ?? [
      { name: 'PLAINTEXT', port, protocol: /** @type {const} */ ('PLAINTEXT') },
    ],
  };
  writeFileSync(propertiesFile(dir), serverProperties(shape));
  return propertiesFile(dir);
}

/** @param {string} properties @param {import('./kafka-jvm.mjs').KafkaRuntime} runtime @param {{ dir: string, users?: Readonly<Record<string, string>> | undefined }} broker */
async function format(properties, runtime, { dir, users = {} }) {
  if (existsSync(join(dataDir(dir), 'meta.properties'))) return;
  const command = [
    ...['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', properties],
    ...scramArguments(users),
  ];
  const result = await run(runtime.java, [...jvmArguments(runtime, { dir }), ...command]);
  if (result.code === 0) return;
  throw new EngineError(`cannot format ${dataDir(dir)} for Kafka`, {
    cause: (result.stderr + result.stdout).trim().split('\n').slice(-4).join('\n'),
    fix: `rm -r '${dir}'`,
  });
}

/** @param {BrokerOptions & { logFile: string, runtime: import('./kafka-jvm.mjs').KafkaRuntime }} options */
async function launch({ dir, port, runtime, logFile, record, jvm = [], timeoutMs = 60_000, env }) {
  rmSync(logFile, { force: true });
  const marker = propertiesFile(dir);
  const args = [...jvmArguments(runtime, { dir, record }), ...jvm, 'kafka.Kafka', marker];
  const broker = startDetached({ command: runtime.java, args, logFile, marker, cwd: dir, env });
  writeFileSync(pidFile(dir), String(broker.pid));
  // The line comes after the broker is unfenced; the port alone answers earlier.
  const ready = () => readFileSync(logFile, 'utf8').includes('Kafka Server started');
  await until(() => broker.exit() ?? ready(), { timeoutMs });
  if (broker.exit() === undefined && ready() && (await isListening(port))) return broker.pid;
  await stopBroker({ dir });
  throw new EngineError(
    `Kafka did not start on port ${port} (${broker.exit() ?? `no answer in ${timeoutMs / 1000} s`})`,
    {
      cause: readFileSync(logFile, 'utf8').trim().split('\n').slice(-12).join('\n'),
      fix: `read ${logFile}; \`npm run engines -- down\` and removing ${dir} starts afresh`,
    },
  );
}
