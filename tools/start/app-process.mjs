// @ts-check
import { spawn } from 'node:child_process';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { endProcess } from '../engines/owned-process.mjs';
import { PROJECT_ROOT } from '../engines/paths.mjs';
import { until } from '../engines/steps.mjs';
import { isOk } from './http.mjs';
import { loudLine } from './log-line.mjs';

const KEPT_LINES = 20;

/**
 * @typedef {{ name: string, entry: string, nodeArguments?: readonly string[], port: number, env: NodeJS.ProcessEnv, dir: string, echo: (line: string) => void }} AppOptions
 * @typedef {{ name: string, url: string, exited: Promise<string>, exit: () => { code: number | null } | undefined, stop: (timeoutMs?: number) => Promise<boolean>, lastLines: () => readonly string[] }} AppProcess
 */

/**
 * Starts one app. Its log goes to a file; warnings and errors are echoed.
 *
 * It has a process group of its own, so that Ctrl-C reaches it once: as the SIGTERM that `stop` sends.
 *
 * @param {AppOptions} options - `dir` the engines' state folder.
 * @returns {AppProcess} `exited` resolves with how it ended; `stop` with whether it exited with 0.
 */
export function startApp({ name, entry, nodeArguments = [], port, env, dir, echo }) {
  const log = openLog(join(dir, 'logs', `${name}.log`));
  const child = spawn(process.execPath, ['--enable-source-maps', ...nodeArguments, entry], {
    cwd: PROJECT_ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, HTTP_PORT: String(port) },
  });
  writeFileSync(pidFile(dir, name), String(child.pid));
  /** @type {string[]} */
  const kept = [];
  const onLine = (/** @type {string} */ line) => {
    log.write(`${line}\n`);
    kept.push(line);
    if (kept.length > KEPT_LINES) kept.shift();
    const loud = loudLine(line);
    if (loud) echo(`${name.padEnd(10)} ${loud}`);
  };
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', onLine);
  const { exited, exit } = watchExit(child, () => {
    rmSync(pidFile(dir, name), { force: true });
    log.end();
  });
  const stop = (timeoutMs = 40_000) => stopApp(child, exited, exit, timeoutMs);
  return { name, url: `http://127.0.0.1:${port}`, exited, exit, stop, lastLines: () => kept };
}

/**
 * Ends an app that a killed run left behind, if there is one.
 *
 * @param {{ dir: string, name: string, entry: string }} app
 */
export async function endLeftBehind({ dir, name, entry }) {
  const file = pidFile(dir, name);
  if (!existsSync(file)) return;
  await endProcess(
    { pid: Number(readFileSync(file, 'utf8')), marker: entry },
    { timeoutMs: 30_000 },
  );
  rmSync(file, { force: true });
}

/**
 * Waits until an app is ready to serve.
 *
 * @param {AppProcess} app
 * @param {{ timeoutMs: number, signal: AbortSignal }} options
 * @throws {Error} with the end of its log when it ended or the time is over.
 */
export async function whenReady(app, { timeoutMs, signal }) {
  const settled = () => signal.aborted || app.exit() !== undefined || isOk(`${app.url}/readyz`);
  const inTime = await until(settled, { timeoutMs, everyMs: 100 });
  signal.throwIfAborted();
  if (inTime && app.exit() === undefined) return;
  throw appFailed(
    app,
    app.exit() ? await app.exited : `was not ready within ${timeoutMs / 1000} s`,
  );
}

/**
 * Names an app that failed, with the end of its log.
 *
 * @param {AppProcess} app
 * @param {string} how
 */
export const appFailed = (app, how) => {
  const error = new Error(
    `${app.name} ${how}; its last lines:\n${app
      .lastLines()
      .map((line) => `  ${line}`)
      .join('\n')}`,
  );
  error.stack = `error     ${error.message}`;
  return error;
};

/** @param {import('node:child_process').ChildProcess} child @param {() => void} afterwards */
function watchExit(child, afterwards) {
  /** @type {{ code: number | null } | undefined} */
  let ended;
  const exited = /** @type {Promise<string>} */ (
    new Promise((resolve) => {
      child.once('error', (error) => resolve(`could not be started: ${error.message}`));
      // `close` comes after the last line of its output.
      child.once('close', (code, signal) => {
        ended = { code };
        afterwards();
        resolve(signal ? `was ended by ${signal}` : `exited with ${code}`);
      });
    })
  );
  return { exited, exit: () => ended };
}

/** @param {import('node:child_process').ChildProcess} child @param {Promise<string>} exited @param {() => { code: number | null } | undefined} exit @param {number} timeoutMs */
async function stopApp(child, exited, exit, timeoutMs) {
  if (exit()) return exit()?.code === 0;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  await exited;
  clearTimeout(timer);
  return exit()?.code === 0;
}

/** @param {string} dir @param {string} name */
const pidFile = (dir, name) => join(dir, `${name}.pid`);

/** @param {string} file */
function openLog(file) {
  mkdirSync(dirname(file), { recursive: true });
  return createWriteStream(file);
}
