// @ts-check
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from './engine-error.mjs';
import { withLock } from './lock.mjs';
import { cacheDir } from './paths.mjs';
import { findPython } from './python.mjs';
import { onPath, run } from './run.mjs';
import { step } from './steps.mjs';

/** The version of the stand-in for a genuine MongoDB, in one place; SECANTUS_VERSION overrides it. */
export const SECANTUS_VERSION = '0.7.0b3';

/**
 * A program that speaks the MongoDB wire protocol. Data of one family cannot be read by the other.
 *
 * @typedef {{ family: 'mongod' | 'secantus', label: string, command: string, replicaSet: string, dataFlag: string, args: (options: { port: number, dataDir: string }) => readonly string[] }} DatabaseServer
 */

/** @param {NodeJS.ProcessEnv} [env] */
export const secantusVersion = (env = process.env) => env.SECANTUS_VERSION || SECANTUS_VERSION;

/** @param {NodeJS.ProcessEnv} [env] */
const environmentDir = (env) => join(cacheDir(env), 'secantusdb', secantusVersion(env));

/** @param {NodeJS.ProcessEnv} [env] */
export const hasSecantus = (env = process.env) =>
  existsSync(join(environmentDir(env), '.complete'));

/**
 * Chooses and, where needed, installs the database server of this machine: `mongod` on PATH, else `secantusd-rs` on
 * PATH, else SecantusDB from PyPI in an environment of its own.
 *
 * @param {{ env?: NodeJS.ProcessEnv, print?: (line: string) => void }} [options]
 * @returns {Promise<DatabaseServer>}
 * @throws {EngineError} when there is no suitable Python or the installation fails.
 */
export async function provideDatabaseServer({ env = process.env, print = () => {} } = {}) {
  const genuine = onPath('mongod', env);
  if (genuine) return mongod(genuine);
  const rust = onPath('secantusd-rs', env);
  if (rust) return secantus(rust, 'SecantusDB (secantusd-rs on PATH)');
  if (!hasSecantus(env)) {
    await withLock(`${environmentDir(env)}.lock`, async () => {
      if (!hasSecantus(env)) await step(print, 'database', () => installSecantus(env), String);
    });
  }
  const python = join(environmentDir(env), 'bin', 'python3');
  const label = `SecantusDB ${secantusVersion(env)}`;
  return secantus(python, label, [join(import.meta.dirname, 'secantus-start.py')]);
}

/** @param {string} command @returns {DatabaseServer} */
const mongod = (command) => ({
  ...{ family: 'mongod', label: 'mongod', command, replicaSet: 'rs0', dataFlag: '--dbpath' },
  args: ({ port, dataDir }) => [
    ...['--bind_ip', '127.0.0.1', '--port', String(port), '--replSet', 'rs0'],
    ...['--dbpath', dataDir, '--wiredTigerCacheSizeGB', '0.5'],
  ],
});

/** @param {string} command @param {string} label @param {readonly string[]} [script] @returns {DatabaseServer} */
const secantus = (command, label, script = []) => ({
  ...{ family: 'secantus', label, command, replicaSet: 'secantus', dataFlag: '--storage-path' },
  args: ({ port, dataDir }) => [
    ...script,
    ...['--host', '127.0.0.1', '--port', String(port)],
    ...['--storage-path', dataDir, '--cache-size', '512M', '--log-level', 'WARNING'],
  ],
});

/** @param {NodeJS.ProcessEnv} env */
async function installSecantus(env) {
  const folder = environmentDir(env);
  const python = await findPython(env);
  if (!python) {
    throw new EngineError('no Python 3.10 to 3.13 with venv and ensurepip for the database', {
      fix: 'install it (Debian: apt-get install python3-venv), or put a genuine mongod on PATH, or set MONGODB_URI',
    });
  }
  rmSync(folder, { recursive: true, force: true });
  const requirement = `SecantusDB==${secantusVersion(env)}`;
  await runOrThrow(python.command, ['-m', 'venv', folder], env);
  await runOrThrow(
    join(folder, 'bin', 'pip'),
    ['install', '-q', '--disable-pip-version-check', requirement],
    env,
  );
  writeFileSync(join(folder, '.complete'), '');
  return `installed ${requirement} in an environment of Python ${python.version}`;
}

/** @param {string} command @param {readonly string[]} args @param {NodeJS.ProcessEnv} env */
async function runOrThrow(command, args, env) {
  const result = await run(command, args, { env });
  if (result.code === 0) return;
  throw new EngineError(
    `cannot install the database: ${args.slice(0, 2).join(' ')} ended with ${result.code}`,
    {
      cause: (result.stderr + result.stdout).trim().split('\n').slice(-6).join('\n'),
      fix: `${command} ${args.join(' ')}`,
    },
  );
}
