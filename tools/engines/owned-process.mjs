// @ts-check
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { until } from './steps.mjs';

/**
 * A process of ours: its id, and one whole argument of its command line that no other program has.
 * A pid alone proves nothing: after a reboot it is somebody else's.
 *
 * @typedef {{ pid: number, marker: string }} OwnedProcess
 */

/**
 * Starts a program that outlives this process, its output appended to a file.
 *
 * @param {{ command: string, args: readonly string[], logFile: string, marker: string, cwd?: string, env?: NodeJS.ProcessEnv }} program
 * @returns {OwnedProcess & { exit: () => string | undefined }} `exit` tells how it ended, while this process lives.
 */
export function startDetached({ command, args, logFile, marker, cwd, env = process.env }) {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  /** @type {string | undefined} */
  let exit;
  child.once('error', (error) => (exit = error.message));
  child.once('exit', (code, signal) => (exit = `exit ${code ?? signal}`));
  child.unref();
  return { pid: child.pid ?? 0, marker, exit: () => exit };
}

/**
 * Tells whether the pid is alive and still the program that was started under it.
 *
 * @param {OwnedProcess} owned
 * @returns {boolean}
 */
export const isAlive = ({ pid, marker }) => pid > 0 && commandLine(pid).includes(marker);

/**
 * Finds a process by its marker where its pid was never written down (Linux only).
 *
 * @param {string} marker
 * @returns {OwnedProcess | undefined}
 */
export function findByMarker(marker) {
  if (process.platform !== 'linux') return undefined;
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const pid = pids.find((candidate) => isAlive({ pid: candidate, marker }));
  return pid === undefined ? undefined : { pid, marker };
}

/**
 * Ends a process of ours, and by SIGKILL when it is still there after the time; a foreign pid is left alone.
 *
 * @param {OwnedProcess} owned
 * @param {{ signal?: NodeJS.Signals, timeoutMs?: number }} [options] - default SIGTERM, 15000 ms.
 * @returns {Promise<boolean>} whether there was something to end.
 */
export async function endProcess(owned, { signal = 'SIGTERM', timeoutMs = 15_000 } = {}) {
  if (!isAlive(owned)) return false;
  const gone = () => !isAlive(owned);
  send(owned.pid, signal);
  if (await until(gone, { timeoutMs, everyMs: 25 })) return true;
  send(owned.pid, 'SIGKILL');
  await until(gone, { timeoutMs: 5000, everyMs: 25 });
  return true;
}

/** @param {number} pid @param {NodeJS.Signals} signal */
function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone between the look and the signal, which is what was asked for.
  }
}

/** @param {number} pid @returns {string | readonly string[]} an ended but unreaped process has an empty one. */
function commandLine(pid) {
  if (process.platform !== 'linux')
    return (
      spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? ''
    );
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
