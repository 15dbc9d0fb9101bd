import { sized } from '../harness/form';
import { rebalancesOfAll } from '../harness/group';
import { Scenario } from '../harness/scenario';
import type { Verdict } from '../harness/verdict';

/** Three times the session, as 40 s would be to one of 10 s. */
const TIMES = sized({
  short: { sessionMs: 4_000, handlerMs: 12_000 },
  full: { sessionMs: 10_000, handlerMs: 40_000 },
});
const PARTITIONS = 3;

describe(`a handler that takes ${TIMES.handlerMs / 1_000} s, with a session of ${TIMES.sessionMs / 1_000} s`, () => {
  let scenario: Scenario;
  let verdict: Verdict;
  let rebalances: readonly [before: number, after: number];

  beforeAll(
    async () => {
      scenario = await Scenario.open({
        name: 'long-handler',
        about: 'The handler takes three times the session for each record.',
        partitions: PARTITIONS,
        parts: ['order'],
        accounts: 12,
        sessionMs: TIMES.sessionMs,
        env: {
          RELIABILITY_HANDLER_MS: String(TIMES.handlerMs),
          PIPELINE_HANDLER_TIMEOUT_MS: String(4 * TIMES.handlerMs),
        },
      });
      const members = await scenario.addReadyMembers(1);
      const before = await rebalancesOfAll(members);
      await scenario.source.send(PARTITIONS);
      await scenario.settle(PARTITIONS * TIMES.handlerMs + 30_000);
      rebalances = [before, await rebalancesOfAll(members)];
      verdict = await scenario.finish();
    },
    PARTITIONS * TIMES.handlerMs + 120_000,
  );

  afterAll(() => scenario.close(), 60_000);

  it('keeps its membership [CON-14]', () => {
    expect(rebalances[1]).toBe(rebalances[0]);
  });

  it('handles every record once: nothing is read again [CON-14] [I1]', () => {
    expect(verdict).toMatchObject({ code: 'ok', unhandled: 0, replays: 0, deadLetters: 0, lag: 0 });
  });
});
