// @ts-check
import { rowsOf } from './reliability-summary.mjs';

/**
 * One result of test/scenario.result.ts, as far as it is summed up.
 *
 * @typedef {{ name: string, figures: Record<string, string | number | boolean> }} ScenarioResult
 */

/**
 * Sums up a run for its last line: the figures of each scenario, and what Jest counted.
 *
 * @param {readonly ScenarioResult[]} results
 * @param {import('./reliability-summary.mjs').JestReport} jest
 * @param {number} exitCode - of Jest.
 */
export function sumUpScenarios(results, jest, exitCode) {
  const failed = jest.numFailedTests + jest.numRuntimeErrorTestSuites;
  const isOk = failed === 0 && exitCode === 0 && jest.numPassedTests > 0;
  return {
    verdict: /** @type {'ok' | 'wrong'} */ (isOk ? 'ok' : 'wrong'),
    scenarios: Object.fromEntries(results.map(({ name, figures }) => [name, figures])),
    rows: rowsOf(jest),
    passed: jest.numPassedTests,
    failed,
    skipped: jest.numPendingTests,
  };
}
