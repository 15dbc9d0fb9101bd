// @ts-check
import { join } from 'node:path';
import { DEFAULT_ENGINES_DIR, PROJECT_ROOT } from '../engines/paths.mjs';
import { choosePort } from '../engines/ports.mjs';
import { stepLine } from '../engines/steps.mjs';
import { endLeftBehind, startApp } from './app-process.mjs';
import { withInMemoryIds } from './in-memory-ids.mjs';
import { createProgress } from './progress.mjs';
import { runAndServe } from './serve.mjs';
import { withStoredIds } from './stored-ids.mjs';

const ALIASES = join(PROJECT_ROOT, 'tools/build/register-aliases.cjs');
const ENTRIES = {
  producer: join(PROJECT_ROOT, 'dist/apps/producer/apps/producer/src/main.js'),
  processor: join(PROJECT_ROOT, 'dist/apps/processor/apps/processor/src/main.js'),
  'in-memory': join(PROJECT_ROOT, 'dist/tools/tools/in-memory/main.js'),
};

/**
 * @typedef {{ flags: import('./flags.mjs').StartFlags, stop: import('../bootstrap/stop-signal.mjs').StopRequest, print: (line: string) => void, entries?: Partial<typeof ENTRIES>, dir?: string, env?: NodeJS.ProcessEnv }} StartContext
 */

/**
 * Runs the main job with both apps on real engines, and serves until it is told to stop.
 *
 * @param {StartContext & { engines: Pick<import('../engines/engines.mjs').Engines, 'kafkaBrokers' | 'mongoUri'> }} context -
 *   `dir` for logs and pids, default `.engines`; MONGODB_DATABASE of `env` names the database, default `pipeline`.
 * @returns {Promise<import('./serve.mjs').StartOutcome>}
 */
export async function runStart(context) {
  const { engines, env: outer = process.env } = context;
  // The producer has no database, and would warn about a setting that is not its own.
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...outer, KAFKA_BROKERS: engines.kafkaBrokers };
  delete env.MONGODB_URI;
  const { launch, ports, progress } = await prepare(context);
  const producer = launch('producer', ports.producer, env);
  const processor = launch('processor', ports.processor, { ...env, MONGODB_URI: engines.mongoUri });
  const database = outer.MONGODB_DATABASE || 'pipeline';
  return runAndServe(
    { ...context, progress },
    {
      ...{ apps: [producer, processor], producerUrl: producer.url, processorUrl: processor.url },
      withIds: (work) => withStoredIds({ mongoUri: engines.mongoUri, database }, work),
    },
  );
}

/**
 * Runs the same job with both apps in one process on the in-memory broker and sink.
 *
 * The process listens on HTTP_PORT as the producer and on PROCESSOR_HTTP_PORT as the processor.
 *
 * @param {StartContext} context
 * @returns {Promise<import('./serve.mjs').StartOutcome>}
 */
export async function runInMemory(context) {
  const { launch, ports, progress } = await prepare(context);
  const env = { ...(context.env ?? process.env), PROCESSOR_HTTP_PORT: String(ports.processor) };
  const app = launch('in-memory', ports.producer, env);
  return runAndServe(
    { ...context, progress },
    {
      ...{ apps: [app], producerUrl: app.url, processorUrl: `http://127.0.0.1:${ports.processor}` },
      withIds: (work) => withInMemoryIds(app.url, work),
    },
  );
}

/** Apps of a killed run are ended before the ports are chosen, so that it is 8000 and 8001 again. @param {StartContext} context */
async function prepare({ print, dir = DEFAULT_ENGINES_DIR, entries: others }) {
  const entries = { ...ENTRIES, ...others };
  const names = /** @type {(keyof typeof ENTRIES)[]} */ (Object.keys(ENTRIES));
  await Promise.all(names.map((name) => endLeftBehind({ dir, name, entry: entries[name] })));
  const ports = { producer: await choosePort([8000]), processor: await choosePort([8001]) };
  if (ports.producer !== 8000 || ports.processor !== 8001) {
    print(
      stepLine(
        'ports',
        `8000 or 8001 is taken; producer on ${ports.producer}, processor on ${ports.processor}`,
      ),
    );
  }
  const progress = createProgress();
  const launch = (
    /** @type {keyof typeof ENTRIES} */ name,
    /** @type {number} */ port,
    /** @type {NodeJS.ProcessEnv} */ env,
  ) =>
    startApp({
      ...{ name, entry: entries[name], port, env, dir, echo: progress.line },
      nodeArguments: name === 'in-memory' ? ['--require', ALIASES] : [],
    });
  return { launch, ports, progress };
}
