// @ts-check
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { provideDatabaseServer } from './database-server.mjs';
import { EngineError } from './engine-error.mjs';
import { initiateReplicaSet } from './mongo-client.mjs';
import { endProcess, findByMarker, isAlive, startDetached } from './owned-process.mjs';
import { isListening } from './ports.mjs';
import { until } from './steps.mjs';

/**
 * @typedef {{ dir: string, port: number, server?: import('./database-server.mjs').DatabaseServer, arguments?: readonly string[], timeoutMs?: number, env?: NodeJS.ProcessEnv, print?: (line: string) => void }} DatabaseOptions
 * @typedef {{ pid: number, port: number, uri: string, label: string, dir: string, logFile: string, reused: boolean }} Database
 */

/**
 * Starts the MongoDB-wire server and waits until it answers; one that already answers from the folder is taken as it is.
 *
 * The data of the folder is kept. After SIGKILL a restart recovers the log first, which takes a few seconds.
 *
 * @param {DatabaseOptions} options - `dir` holds its data, log and state; `arguments` beside the usual ones; `timeoutMs` default 60000.
 * @returns {Promise<Database>}
 * @throws {EngineError} with the end of its log when it does not answer in time.
 */
export async function startDatabase(options) {
  const dir = resolve(options.dir);
  const server = options.server ?? (await provideDatabaseServer(options));
  const logFile = join(dir, `${server.family}.log`);
  const about = (/** @type {number} */ port) => ({
    uri: databaseUri(port, server.replicaSet),
    label: server.label,
    dir,
    logFile,
    port,
  });
  const running = findDatabase(dir);
  // A server whose data was removed under it answers, and keeps nothing.
  const isWhole = running !== undefined && existsSync(running.marker);
  if (isWhole && (await until(() => isListening(running.port), { timeoutMs: 30_000 }))) {
    return { ...about(running.port), pid: running.pid, reused: true };
  }
  await stopDatabase({ dir });
  const pid = await launch({ ...options, dir }, server, logFile);
  if (server.family === 'mongod') await initiateReplicaSet(options.port, server.replicaSet);
  return { ...about(options.port), pid, reused: false };
}

/**
 * Stops the database of a folder, if one runs there.
 *
 * @param {{ dir: string, signal?: NodeJS.Signals, port?: number }} options - `signal` SIGKILL crashes it; default SIGTERM; `port` only names it.
 * @returns {Promise<boolean>} whether one ran.
 */
export async function stopDatabase({ dir, signal = 'SIGTERM' }) {
  const running = findDatabase(resolve(dir));
  const stopped = running ? await endProcess(running, { signal }) : false;
  rmSync(stateFile(resolve(dir)), { force: true });
  return stopped;
}

/**
 * Finds the living database of a folder: by its state file, or by its command line when that was never written.
 *
 * @param {string} dir
 * @returns {{ pid: number, port: number, marker: string } | undefined}
 */
export function findDatabase(dir) {
  const state = readState(resolve(dir));
  if (state && isAlive(state)) return state;
  for (const family of ['mongod', 'secantus']) {
    const orphan = findByMarker(dataDir(resolve(dir), family));
    if (orphan) return { ...orphan, port: portOf(orphan.pid) };
  }
  return undefined;
}

/**
 * Writes the address that the driver needs for transactions and `w: majority`.
 *
 * @param {number} port
 * @param {string} replicaSet
 */
export const databaseUri = (port, replicaSet) =>
  `mongodb://127.0.0.1:${port}/?replicaSet=${replicaSet}`;

/** @param {string} dir @param {string} family */
const dataDir = (dir, family) => join(dir, `${family}-data`);
/** @param {string} dir */
const stateFile = (dir) => join(dir, 'database.json');

/** @param {string} dir @returns {{ pid: number, port: number, marker: string } | undefined} */
function readState(dir) {
  try {
    return JSON.parse(readFileSync(stateFile(dir), 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function portOf(pid) {
  const args = existsSync(`/proc/${pid}/cmdline`)
    ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    : [];
  return Number(args[args.indexOf('--port') + 1] ?? 0);
}

/** @param {DatabaseOptions} options @param {import('./database-server.mjs').DatabaseServer} server @param {string} logFile */
async function launch(
  { dir, port, arguments: more = [], timeoutMs = 60_000, env },
  server,
  logFile,
) {
  const data = dataDir(dir, server.family);
  mkdirSync(data, { recursive: true });
  rmSync(logFile, { force: true });
  const args = [...server.args({ port, dataDir: data }), ...more];
  const database = startDetached({
    command: server.command,
    args,
    logFile,
    marker: data,
    cwd: dir,
    env,
  });
  writeFileSync(stateFile(dir), JSON.stringify({ pid: database.pid, port, marker: data }));
  await until(async () => database.exit() ?? (await isListening(port)), { timeoutMs });
  if (database.exit() === undefined && (await isListening(port))) return database.pid;
  await stopDatabase({ dir });
  throw new EngineError(
    `${server.label} did not start on port ${port} (${database.exit() ?? `no answer in ${timeoutMs / 1000} s`})`,
    {
      cause: readFileSync(logFile, 'utf8').trim().split('\n').slice(-12).join('\n'),
      fix: `read ${logFile}; \`npm run engines -- down\` and removing ${dir} starts afresh`,
    },
  );
}
