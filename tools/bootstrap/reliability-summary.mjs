// @ts-check

/**
 * One result of test/reliability/harness/result.ts, as far as it is summed up.
 *
 * @typedef {{ name: string, about: string, seconds: number, variant: string | null, caught: boolean | null, verdict: { code: 'ok' | 'wrong' | 'inconclusive', records: number, lost: number, unhandled: number, twice: number, stale: number, orderViolations: number, deadLetters: number, killsPlanned: number, killsLanded: number } }} ScenarioResult
 * @typedef {{ numPassedTests: number, numFailedTests: number, numRuntimeErrorTestSuites: number, numPendingTests: number, testResults: readonly { assertionResults: readonly { status: string, fullName: string }[] }[] }} JestReport
 * @typedef {ReturnType<typeof sumUp> & { seed: number, seconds: number }} Summary
 */

/**
 * Sums up a run for its last line.
 *
 * Figures are those of the service as it is; what was broken on purpose counts in `controlsCaught` alone.
 *
 * @param {readonly ScenarioResult[]} results
 * @param {JestReport} jest
 * @param {number} exitCode - of Jest.
 */
export function sumUp(results, jest, exitCode) {
  const sound = results.filter(({ variant }) => variant === null);
  const sum = (/** @type {(verdict: ScenarioResult['verdict']) => number} */ pick) =>
    sound.reduce((total, { verdict }) => total + pick(verdict), 0);
  const failed = jest.numFailedTests + jest.numRuntimeErrorTestSuites;
  const isWrong = failed > 0 || exitCode !== 0 || sound.some((one) => one.verdict.code === 'wrong');
  const isEmpty = jest.numPassedTests === 0;
  const isDoubtful = isEmpty || sound.some((one) => one.verdict.code === 'inconclusive');
  return {
    verdict: /** @type {'ok' | 'wrong' | 'inconclusive'} */ (
      isWrong ? 'wrong' : isDoubtful ? 'inconclusive' : 'ok'
    ),
    records: sum(({ records }) => records),
    lost: sum(({ lost, unhandled }) => lost + unhandled),
    twice: sum(({ twice }) => twice),
    stale: sum(({ stale }) => stale),
    orderViolations: sum(({ orderViolations }) => orderViolations),
    kills: sum(({ killsPlanned }) => killsPlanned),
    killsLanded: sum(({ killsLanded }) => killsLanded),
    scenarios: sound.length,
    controlsCaught: results.filter(({ caught }) => caught === true).length,
    controls: results.filter(({ variant }) => variant !== null).length,
    rows: rowsOf(jest),
    passed: jest.numPassedTests,
    failed,
    skipped: jest.numPendingTests,
  };
}

/** Rows of the feature list and of the failure matrix that a passed test names: `[DEL-01]`, `[F1]`. @param {JestReport} jest */
export function rowsOf({ testResults }) {
  const passed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'passed');
  const rows = passed.flatMap(({ fullName }) =>
    [...fullName.matchAll(/\[([A-Z]+-?\d+)\]/g)].map(([, row]) => row ?? ''),
  );
  return [...new Set(rows)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}
