// @ts-check
import { step } from '../engines/steps.mjs';
import { appFailed, whenReady } from './app-process.mjs';
import { runJob } from './job.mjs';
import { isComplete, links, table } from './report.mjs';

const READY_TIMEOUT_MS = 90_000;
const INTERRUPTED = 130;

/**
 * @typedef {{ flags: import('./flags.mjs').StartFlags, stop: import('../bootstrap/stop-signal.mjs').StopRequest, print: (line: string) => void, progress: ReturnType<typeof import('./progress.mjs').createProgress> }} ServeContext
 * @typedef {{ exitCode: number, figures?: import('./job.mjs').Figures }} StartOutcome
 * @typedef {{ apps: readonly import('./app-process.mjs').AppProcess[], producerUrl: string, processorUrl: string, withIds: <T>(work: (stored: import('./stored-ids.mjs').StoredIds) => Promise<T>) => Promise<T> }} Running
 */

/**
 * Waits for the apps, runs the job, shows the table; then ends (`--once`) or serves until it is told to stop.
 *
 * Whatever happens the apps are stopped: one SIGTERM each, and the drain is waited for.
 *
 * @param {ServeContext} context
 * @param {Running} running
 * @returns {Promise<StartOutcome>}
 * @throws {Error} naming an app that ended by itself or never became ready, with the end of its log.
 */
export async function runAndServe(context, running) {
  const { stop } = context;
  const ended = new AbortController();
  const signal = AbortSignal.any([stop.signal, ended.signal]);
  const crashed = Promise.race(running.apps.map(rejectAtExit));
  crashed.catch(() => undefined);
  /** @type {StartOutcome} */
  let outcome = { exitCode: 1 };
  /** @type {unknown} */
  let failure;
  try {
    outcome = await Promise.race([serve(context, running, signal), crashed]);
  } catch (error) {
    if (stop.name()) outcome = { exitCode: context.flags.once ? INTERRUPTED : 0 };
    else failure = error;
  }
  ended.abort();
  const isClean = await stopApps(running, context.print);
  if (failure) throw failure;
  return isClean ? outcome : { ...outcome, exitCode: 1 };
}

/** @param {ServeContext} context @param {Running} running @param {AbortSignal} signal @returns {Promise<StartOutcome>} */
async function serve(context, running, signal) {
  const { flags, stop, print, progress } = context;
  const { producerUrl, processorUrl, withIds } = running;
  const ready = () =>
    Promise.all(running.apps.map((app) => whenReady(app, { timeoutMs: READY_TIMEOUT_MS, signal })));
  const addresses = running.apps.map(({ name, url }) => `${name} ${url}`).join(', ');
  await step(print, 'ready', ready, () => addresses);
  const { figures, isBroken } = await withIds((stored) =>
    runJob({ producerUrl, processorUrl, stored, flags, progress, signal }),
  );
  print(table(figures));
  if (isBroken)
    print('  a source failed, or could not send a record: GET /sources of the producer says why');
  const exitCode = isComplete(figures) && !isBroken ? 0 : 1;
  if (flags.once) return { exitCode, figures };
  print(`${links(running)}\n  Ctrl-C drains and ends it.\n`);
  await stop.requested;
  return { exitCode: 0, figures };
}

/** @param {import('./app-process.mjs').AppProcess} app @returns {Promise<never>} */
async function rejectAtExit(app) {
  throw appFailed(app, await app.exited);
}

/** @param {Running} running @param {(line: string) => void} print @returns {Promise<boolean>} whether all exited with 0. */
async function stopApps({ apps }, print) {
  const alive = apps.filter((app) => app.exit() === undefined);
  if (alive.length === 0) return false;
  const results = await step(
    print,
    'drain',
    () =>
      Promise.all(
        alive.map(async (app) => ({
          name: app.name,
          isClean: await app.stop(),
          how: await app.exited,
        })),
      ),
    (list) => list.map(({ name, how }) => `${name} ${how}`).join(', '),
  );
  return alive.length === apps.length && results.every(({ isClean }) => isClean);
}
