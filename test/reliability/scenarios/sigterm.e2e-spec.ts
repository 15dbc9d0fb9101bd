import { shutdownBudgetMs } from 'millrace/config';
import { sized } from '../harness/form';
import { Load } from '../harness/load';
import { Scenario, pause } from '../harness/scenario';
import type { Verdict } from '../harness/verdict';

const SIGNALS = sized({ short: 10, full: 50 });
const BUDGET_MS = shutdownBudgetMs({
  readinessLagMs: 0,
  drainBudgetMs: 25_500,
  httpCloseBudgetMs: 5_000,
  closeBudgetMs: 10_000,
});
/** Most records of the handler that one drain may leave uncommitted: its window per partition. */
const WINDOW = 100;
const PARTITIONS = 6;

interface Drain {
  readonly code: number | null;
  readonly tookMs: number;
  readonly leftOver: readonly string[];
}

describe(`SIGTERM at ${SIGNALS} random moments under load`, () => {
  let scenario: Scenario;
  let verdict: Verdict;
  const drains: Drain[] = [];
  let atWork = 0;

  beforeAll(
    async () => {
      scenario = await Scenario.open({
        name: 'sigterm',
        about: 'Members are asked to stop at random moments under load.',
        partitions: PARTITIONS,
        // Each signal starts a process: a busy machine must not cost anybody else the membership.
        sessionMs: 10_000,
        parts: ['movements', 'order'],
        env: { PIPELINE_MAX_IN_FLIGHT_RECORDS: String(WINDOW), PIPELINE_SLICE_RECORDS: '50' },
      });
      await scenario.addReadyMembers(1);
      const load = Load.start(scenario, { perSecond: 400 });
      const random = scenario.random.for('moments');
      for (let signal = 0; signal < SIGNALS; signal += 1) {
        const [victim] = scenario.living;
        const begun = victim?.begun ?? 0;
        const next = scenario.addMember();
        // From the start of the next one to well after: before, in and after the rebalances.
        await pause(random.between([0, 4_000]));
        if ((victim?.begun ?? 0) > begun) atWork += 1;
        const startedMs = performance.now();
        const exit = await victim?.stop('SIGTERM');
        const tookMs = performance.now() - startedMs;
        drains.push({ code: exit?.code ?? null, tookMs, leftOver: victim?.leftOver ?? [] });
        await next.whenReady();
      }
      await load.stop();
      verdict = await scenario.finish({ lagWithinMs: 180_000 });
    },
    SIGNALS * 20_000 + 300_000,
  );

  afterAll(() => scenario.close(), 60_000);

  it('landed on work', () => {
    expect(atWork).toBeGreaterThanOrEqual(SIGNALS / 2);
  });

  it('exits with 0 and within the budget, every time [HLT-04] [F3]', () => {
    expect(drains.map(({ code }) => code)).toEqual(drains.map(() => 0));
    expect(Math.max(...drains.map(({ tookMs }) => tookMs))).toBeLessThan(BUDGET_MS);
  });

  it('leaves no timer and no socket behind [HLT-04] [I7]', () => {
    expect(drains.flatMap(({ leftOver }) => leftOver)).toEqual([]);
  });

  it('loses nothing and stores nothing twice [F3] [I1] [I2]', () => {
    expect(verdict).toMatchObject({ code: 'ok', lost: 0, unhandled: 0, twice: 0, problems: [] });
  });

  it('handles at most its window again for each drain [HLT-04] [F3]', () => {
    expect(verdict.replays).toBeLessThanOrEqual(SIGNALS * WINDOW * PARTITIONS);
  });
});
