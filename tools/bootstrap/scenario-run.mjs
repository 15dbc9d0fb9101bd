// @ts-check
// What `npm run test:reliability`, `test:steering` and `test:security` have in common: scenarios of
// Jest on servers of their own, processes of the workload, and a last line that is JSON.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { renderEngineError } from '../engines/engine-error.mjs';
import { enginesDown, enginesUp } from '../engines/engines.mjs';
import { DEFAULT_ENGINES_DIR, PROJECT_ROOT } from '../engines/paths.mjs';
import { run } from '../engines/run.mjs';
import { build } from './build.mjs';
import { installDependencies } from './install.mjs';

/** Names and versions of the servers, as the steps of their start say. */
export const serversOf = (/** @type {readonly string[]} */ lines) =>
  lines
    .flatMap((line) => /^(?:kafka|database)\s+(.+?) (?:ready|already up) on/.exec(line)?.[1] ?? [])
    .join(', ');

/**
 * What the scenarios are told of their servers.
 *
 * @param {import('../engines/engines.mjs').Engines} engines
 * @param {{ dir: string, steps: readonly string[], isShort: boolean, seed: number }} run
 */
const scenarioEnvironment = (engines, { dir, steps, isShort, seed }) => ({
  ...process.env,
  KAFKA_BROKERS: engines.kafkaBrokers,
  MONGODB_URI: engines.mongoUri,
  MONGODB_CAPABILITIES: engines.capabilities.join(','),
  ENGINES_DIR: dir,
  RELIABILITY_SEED: String(seed),
  RELIABILITY_SERVERS: serversOf(steps),
  RELIABILITY_FORM: isShort ? 'short' : 'full',
});

/**
 * Runs one project of Jest, one file after the other.
 *
 * @param {string} project - scenarios write their results to `reports/<project>`, which is emptied before.
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} files - further arguments.
 * @returns {Promise<number>} its exit code.
 */
export async function runScenarios(project, env, files) {
  const results = join(PROJECT_ROOT, 'reports', project);
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const report = jestReportOf(project);
  rmSync(report, { force: true });
  const args = [
    join(PROJECT_ROOT, 'node_modules', 'jest', 'bin', 'jest.js'),
    ...['--selectProjects', project, '--runInBand', '--json', '--outputFile', report],
    ...files,
  ];
  // Jest's own JSON on standard output is not ours: the file has it.
  const child = spawn(process.execPath, args, {
    cwd: PROJECT_ROOT,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const stop = () => child.kill('SIGTERM');
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, stop);
  const [code] = await once(child, 'exit');
  return /** @type {number | null} */ (code) ?? 1;
}

/** What Jest wrote down. @param {string} project */
export const readJestReport = (project) => readJson(jestReportOf(project));

/** What the scenarios wrote down. @param {string} project @returns {any[]} */
export function readResults(project) {
  const results = join(PROJECT_ROOT, 'reports', project);
  return readdirSync(results)
    .sort()
    .map((name) => readJson(join(results, name)));
}

/** @param {string} project */
const jestReportOf = (project) => join(PROJECT_ROOT, 'reports', `jest-${project}.json`);

/** @param {string} file */
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** @typedef {{ short: boolean, seed: number, only?: string | undefined, help: boolean }} ScenarioFlags */

/** @param {readonly string[]} args @returns {ScenarioFlags} @throws {TypeError} that says what is wrong. */
function readFlags(args) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      short: { type: 'boolean', default: false },
      seed: { type: 'string' },
      only: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0) throw new TypeError('--seed is a whole number');
  return { ...values, seed };
}

/**
 * Runs scenarios as a command: flags, installed packages, builds, servers of their own, and their end.
 *
 * @param {{ project: string, usage: string, targets: Parameters<typeof build>[0] }} command
 * @param {(flags: ScenarioFlags, environment: NodeJS.ProcessEnv, seconds: () => number) => Promise<number>} perform -
 *   answers the exit code; `seconds`: so far, builds and servers too.
 */
export async function scenarioCommand({ project, usage, targets }, perform) {
  const startedAt = performance.now();
  /** @type {string[]} */
  const steps = [];
  const print = (/** @type {string} */ line) => {
    steps.push(line);
    console.error(line);
  };
  let flags;
  try {
    flags = readFlags(process.argv.slice(2));
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  if (flags.help) return console.log(usage);
  // Beside those of the other commands: broker and database are stopped on purpose.
  const dir = join(DEFAULT_ENGINES_DIR, project);
  try {
    await installDependencies({ print });
    await build(targets, { print });
    print(`seed       ${flags.seed}`);
    const engines = await enginesUp({ dir, owned: true, print });
    const { short: isShort, seed } = flags;
    const environment = scenarioEnvironment(engines, { dir, steps, isShort, seed });
    const seconds = () => Math.round((performance.now() - startedAt) / 1_000);
    process.exitCode = await perform(flags, environment, seconds);
  } catch (error) {
    console.error(renderEngineError(error));
    process.exitCode = 1;
  } finally {
    await enginesDown({ dir, owned: true, print });
  }
}

/** The report pages in the house's format. @param {string} reports - their folder. */
export async function formatReports(reports) {
  const prettier = join(PROJECT_ROOT, 'node_modules', 'prettier', 'bin', 'prettier.cjs');
  await run(process.execPath, [prettier, '--write', reports]);
}
