// @ts-check
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** @typedef {{ code: number, stdout: string, stderr: string }} RunResult */

/**
 * Runs a command to its end and collects what it wrote; never rejects: a command that is not there has code 127.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number, signal?: AbortSignal }} [options] - `timeoutMs` default 600000; `signal` ends it.
 * @returns {Promise<RunResult>}
 */
export function run(
  command,
  args,
  { cwd, env = process.env, timeoutMs = 600_000, signal: abort } = {},
) {
  return new Promise((resolve) => {
    let stdout = '';
    let stderr = '';
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: abort,
    });
    // Not spawn's own: its timer outlives a program that could not be started.
    const timer = setTimeout(() => child.kill('SIGTERM'), timeoutMs);
    const end = (/** @type {RunResult} */ result) => {
      clearTimeout(timer);
      resolve(result);
    };
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.once('error', (error) => end({ code: 127, stdout, stderr: error.message }));
    child.once('close', (code, signal) =>
      end({ code: code ?? 1, stdout, stderr: signal ? `${stderr}ended by ${signal}` : stderr }),
    );
  });
}

/**
 * Finds a program on PATH without starting it.
 *
 * @param {string} name
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined} its path; undefined when it is not there.
 */
export function onPath(name, env = process.env) {
  return (env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
