import { runModule } from '../engines/module-process';

interface Summary {
  readonly verdict: string;
  readonly scenarios: Readonly<Record<string, object>>;
  readonly rows: readonly string[];
  readonly passed: number;
}

const report = (passed: number, failed: number) => ({
  ...{ numPassedTests: passed, numFailedTests: failed, numRuntimeErrorTestSuites: 0 },
  numPendingTests: 0,
  testResults: [
    { assertionResults: [{ status: 'passed', fullName: 'keeps to its rate [OPS-02] [RD5]' }] },
  ],
});

const sumUp = (results: readonly object[], jestReport: object, code = 0) =>
  runModule<Summary>(`
    const { sumUpScenarios } = await import('./tools/bootstrap/scenario-summary.mjs');
    return sumUpScenarios(${JSON.stringify(results)}, ${JSON.stringify(jestReport)}, ${code});
  `);

describe('the last line of a run of scenarios', () => {
  it('has the figures of each scenario and the rows that passed', () => {
    const figures = { 'dead letters': 2_000, 'stored twice': 0 };
    expect(sumUp([{ name: 'redrive', about: 'x', figures }], report(3, 0))).toMatchObject({
      ...{ verdict: 'ok', passed: 3, rows: ['OPS-02', 'RD5'] },
      scenarios: { redrive: figures },
    });
  });

  it.each([
    [report(3, 1), 1],
    [report(3, 0), 1],
    [report(0, 0), 0],
  ])('is wrong when something failed, or nothing ran', (jestReport, code) => {
    expect(sumUp([], jestReport, code).verdict).toBe('wrong');
  });
});
