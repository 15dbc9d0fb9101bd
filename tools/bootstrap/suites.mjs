// @ts-check
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../engines/paths.mjs';
import { run } from '../engines/run.mjs';

/** Jest's projects; the last two run against real servers. */
export const SUITES = /** @type {const} */ (['unit', 'layout', 'conformance', 'e2e']);
export const SUITES_ON_ENGINES = /** @type {readonly string[]} */ (['conformance', 'e2e']);

/** A suite that hangs fails by name well before the time of a CI run is over. */
const TIMEOUT_MS = 45 * 60_000;

/**
 * Runs one of Jest's projects. Jest has to exit by itself; a file that cannot run counts as a failed test.
 *
 * @param {(typeof SUITES)[number]} name
 * @param {{ env?: NodeJS.ProcessEnv, jestArguments?: readonly string[], root?: string, signal?: AbortSignal }} [options]
 * @returns {Promise<import('./checks.mjs').PartResult>}
 */
export async function runSuite(
  name,
  { env = process.env, jestArguments = [], root = PROJECT_ROOT, signal } = {},
) {
  const startedAt = performance.now();
  const report = join(root, 'reports', `jest-${name}.json`);
  mkdirSync(join(root, 'reports'), { recursive: true });
  rmSync(report, { force: true });
  // Two files at once would fight for the two servers, and faults of one would fail the other. Files
  // without servers share nothing, and one process for all of them grows and slows down.
  const workers = SUITES_ON_ENGINES.includes(name) ? ['--runInBand'] : ['--maxWorkers=100%'];
  const args = [
    '--selectProjects',
    name,
    '--json',
    '--outputFile',
    report,
    ...workers,
    ...jestArguments,
  ];
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const { code, stdout, stderr } = await run(process.execPath, [jest, ...args], {
    cwd: root,
    env,
    timeoutMs: TIMEOUT_MS,
    signal,
  });
  const counts = countsOf(report);
  const seconds = (performance.now() - startedAt) / 1000;
  const isSilentFailure = counts.failed === 0 && (code !== 0 || counts.passed === 0);
  const why = isSilentFailure
    ? `\n${name}: Jest ended with ${code} after ${counts.passed} passed tests`
    : '';
  return {
    ...counts,
    failed: counts.failed + (isSilentFailure ? 1 : 0),
    seconds,
    output: `${stderr || stdout}${why}`.trim(),
  };
}

/** @param {string} report */
function countsOf(report) {
  try {
    const result = JSON.parse(readFileSync(report, 'utf8'));
    return {
      passed: result.numPassedTests,
      failed: result.numFailedTests + result.numRuntimeErrorTestSuites,
      skipped: result.numPendingTests + result.numTodoTests,
    };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

/** Servers of their own, child processes, faults: commands by themselves, in their short form here. */
export const SCENARIOS = /** @type {const} */ (['reliability', 'steering', 'security']);

/**
 * Runs `npm run test:<name> -- --short`; without its last line it counts as failed.
 *
 * @param {(typeof SCENARIOS)[number]} name
 * @param {{ env?: NodeJS.ProcessEnv, root?: string, signal?: AbortSignal }} [options]
 * @returns {Promise<import('./checks.mjs').PartResult>}
 */
export async function runScenarioSuite(
  name,
  { env = process.env, root = PROJECT_ROOT, signal } = {},
) {
  const startedAt = performance.now();
  const command = [join(root, 'tools', 'bootstrap', `${name}.mjs`), '--short'];
  const { code, stdout, stderr } = await run(process.execPath, command, {
    ...{ cwd: root, env, signal },
    timeoutMs: TIMEOUT_MS,
  });
  const last = stdout.trim().split('\n').at(-1) ?? '';
  const counts = summaryOf(last);
  const isSilentFailure = counts.failed === 0 && code !== 0;
  return {
    ...counts,
    failed: counts.failed + (isSilentFailure ? 1 : 0),
    seconds: (performance.now() - startedAt) / 1000,
    output: `${stderr}\n${last}`.trim(),
  };
}

/** @param {string} line */
function summaryOf(line) {
  try {
    const { passed, failed, skipped } = JSON.parse(line);
    return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
