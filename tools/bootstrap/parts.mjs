// @ts-check
import { stepLine } from '../engines/steps.mjs';
import { CHECKS, runCheck } from './checks.mjs';
import { SCENARIOS, SUITES, SUITES_ON_ENGINES, runScenarioSuite, runSuite } from './suites.mjs';

/**
 * @typedef {import('./checks.mjs').PartResult} PartResult
 * @typedef {{ passed: number, failed: number, skipped: number, suites: Record<string, Omit<PartResult, 'output'>>, seconds: number }} Totals
 * @typedef {{ print: (line: string) => void, prepareEngines: () => Promise<NodeJS.ProcessEnv>, jestArguments?: readonly string[], signal?: AbortSignal }} PartsOptions
 */

/** Everything that `npm test` runs, in this order. */
export const PARTS = /** @type {readonly string[]} */ ([...CHECKS, ...SUITES, ...SCENARIOS]);

/**
 * Runs parts in their order and prints a line for each, with the tools' own words only where one failed.
 *
 * @param {readonly string[]} names
 * @param {PartsOptions} options - `prepareEngines` is called once, before the first suite that needs real servers, and
 *   answers the environment of those suites.
 * @returns {Promise<Totals>}
 */
export async function runParts(names, options) {
  const startedAt = performance.now();
  /** @type {Totals} */
  const totals = { passed: 0, failed: 0, skipped: 0, suites: {}, seconds: 0 };
  for (const [name, result] of await runChecks(names)) add(totals, name, result, options.print);
  /** @type {Promise<NodeJS.ProcessEnv> | undefined} */
  let engines;
  for (const name of SUITES.filter((each) => names.includes(each))) {
    options.signal?.throwIfAborted();
    const isOnEngines = SUITES_ON_ENGINES.includes(name);
    if (isOnEngines) engines ??= options.prepareEngines();
    const result = await runSuite(name, {
      env: isOnEngines ? await engines : process.env,
      jestArguments: options.jestArguments,
      signal: options.signal,
    });
    add(totals, name, result, options.print);
  }
  for (const name of SCENARIOS.filter((each) => names.includes(each))) {
    options.signal?.throwIfAborted();
    const result = await runScenarioSuite(name, { signal: options.signal });
    add(totals, name, result, options.print);
  }
  totals.seconds = rounded((performance.now() - startedAt) / 1000);
  return totals;
}

/** They share nothing, so they run side by side. @param {readonly string[]} names @returns {Promise<[string, PartResult][]>} */
const runChecks = (names) =>
  Promise.all(
    CHECKS.filter((name) => names.includes(name)).map(
      async (name) => /** @type {[string, PartResult]} */ ([name, await runCheck(name)]),
    ),
  );

/** @param {Totals} totals @param {string} name @param {PartResult} result @param {(line: string) => void} print */
function add(totals, name, { output, ...counts }, print) {
  totals.passed += counts.passed;
  totals.failed += counts.failed;
  totals.skipped += counts.skipped;
  totals.suites[name] = { ...counts, seconds: rounded(counts.seconds) };
  const text = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
  print(stepLine(name.padEnd(11), text, counts.seconds * 1000));
  if (counts.failed > 0) print(output);
}

/** @param {number} seconds */
const rounded = (seconds) => Math.round(seconds * 10) / 10;
