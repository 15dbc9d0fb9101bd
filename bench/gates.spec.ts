import type { CaseFigures, Cost } from './bench.order';
import { GATES } from './gates';
import type { Verdict } from './gate';

const CLEAN_MICROS = 20;

/** One run: clean stretches cost 20 us, those with malformed records more by `loss`, with some noise. */
function run(loss: number, noise: (pair: number) => number = () => 0): CaseFigures {
  const stretches = Array.from({ length: 24 }, (_, index): Cost => {
    const isDirty = index % 2 === 1;
    const micros = isDirty ? CLEAN_MICROS / (1 - loss - noise(index)) : CLEAN_MICROS;
    return { cpuMicros: micros, wallMicros: micros };
  });
  return {
    cpuMicros: CLEAN_MICROS,
    wallMicros: CLEAN_MICROS,
    records: 1_000,
    loopDelayP99Ms: 0,
    loopDelayMaxMs: 0,
    peakRssBytes: 0,
    outcomes: { 'dead-letter': 10 },
    stretches,
  };
}

function judge(gate: string, malformed: readonly CaseFigures[]): readonly Verdict[] {
  const found = GATES.find(({ name }) => name === gate);
  if (found === undefined) throw new Error(`no gate ${gate}`);
  return found.judge({ malformed }, { malformedRecords: 10 });
}

describe('gate of malformed records', () => {
  it('fails when each pair shows a loss above the limit', () => {
    const [loss] = judge('malformed', [run(0.11), run(0.12)]);
    expect(loss).toMatchObject({ name: 'malformed-loss', value: 0.11, passed: false });
  });

  it('holds when the pairs scatter so much that the loss is not shown', () => {
    const scattered = run(0.11, (index) => (index % 4 === 1 ? 0.2 : -0.2));
    expect(judge('malformed', [scattered])[0]).toMatchObject({ passed: true });
    // The full bench judges the middle.
    expect(judge('malformed-middle', [scattered])[0]).toMatchObject({ passed: false, value: 0.11 });
  });

  it('fails without figures', () => {
    expect(judge('malformed', [])).toMatchObject([{ passed: false }, { passed: false }]);
  });

  it('one run with another number of dead letters fails it', () => {
    const wrong = { ...run(0), outcomes: { 'dead-letter': 9 } };
    const [, count] = judge('malformed', [run(0), wrong, run(0)]);
    expect(count).toMatchObject({ name: 'malformed-count', value: 9, passed: false });
  });
});
