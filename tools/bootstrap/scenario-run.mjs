// @ts-check
// What `npm run test:reliability` and `npm run test:steering` have in common: scenarios of Jest on
// servers of their own, processes of the workload, and a last line that is JSON.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../engines/paths.mjs';

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
export const scenarioEnvironment = (engines, { dir, steps, isShort, seed }) => ({
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
