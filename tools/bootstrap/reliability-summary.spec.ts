import { runModule } from '../engines/module-process';

interface Summary {
  readonly verdict: string;
  readonly records: number;
  readonly lost: number;
  readonly controlsCaught: number;
  readonly controls: number;
  readonly rows: readonly string[];
}

const scenario = (
  name: string,
  code: string,
  figures: object = {},
  variant: string | null = null,
) => ({
  ...{ name, variant, caught: variant === null ? null : code === 'wrong' },
  verdict: {
    ...{ code, records: 10, lost: 0, unhandled: 0, twice: 0, stale: 0, orderViolations: 0 },
    ...{ killsPlanned: 2, killsLanded: 1, deadLetters: 0, ...figures },
  },
});
const report = (passed: number, failed: number) => ({
  ...{ numPassedTests: passed, numFailedTests: failed, numRuntimeErrorTestSuites: 0 },
  numPendingTests: 0,
  testResults: [
    {
      assertionResults: [
        { status: 'passed', fullName: 'a run loses nothing [DEL-01] [I1] [F10]' },
        { status: 'passed', fullName: 'a run keeps the order [F2] [I1]' },
        { status: 'failed', fullName: 'a run stores none twice [DEL-02]' },
      ],
    },
  ],
});

const sumUp = (results: readonly object[], jestReport: object, code = 0) =>
  runModule<Summary>(`
    const { sumUp } = await import('./tools/bootstrap/reliability-summary.mjs');
    return sumUp(${JSON.stringify(results)}, ${JSON.stringify(jestReport)}, ${code});
  `);

describe('the last line of a reliability run', () => {
  it('adds up what was found, and leaves out what was broken on purpose', () => {
    const lost = { lost: 7, unhandled: 1 };
    const results = [
      scenario('a', 'ok'),
      scenario('b', 'wrong', lost),
      scenario('c', 'wrong', lost, 'NC2'),
    ];
    expect(sumUp(results, report(2, 0))).toMatchObject({
      ...{ verdict: 'wrong', records: 20, lost: 8, scenarios: 2 },
      ...{ controls: 1, controlsCaught: 1, kills: 4, killsLanded: 2 },
    });
  });

  it('names the rows of tests that passed, once each and in order', () => {
    expect(sumUp([scenario('a', 'ok')], report(2, 1)).rows).toEqual(['DEL-01', 'F2', 'F10', 'I1']);
  });

  it.each([
    ['ok', [scenario('a', 'ok')], report(1, 0), 0],
    ['wrong', [scenario('a', 'ok')], report(1, 1), 1],
    ['wrong', [scenario('a', 'ok')], report(1, 0), 1],
    ['inconclusive', [scenario('a', 'inconclusive')], report(1, 0), 0],
    ['inconclusive', [], report(0, 0), 0],
  ] as const)('is %s by the worst that happened', (verdict, results, jestReport, code) => {
    expect(sumUp(results, jestReport, code).verdict).toBe(verdict);
  });
});
