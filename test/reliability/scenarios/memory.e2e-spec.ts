import { sized } from '../harness/form';
import { Load } from '../harness/load';
import { MemoryTrack } from '../harness/memory';
import { Scenario, pause } from '../harness/scenario';
import type { Verdict } from '../harness/verdict';

const RUN_MS = sized({ short: 60_000, full: 600_000 });
/** Code is compiled and buffers are filled before anything is measured. */
const WARM_UP_MS = sized({ short: 20_000, full: 60_000 });

/** As in production: without a limit V8 lets garbage lie for minutes, and nothing could be told from it. */
const HEAP_LIMIT = ['--max-old-space-size=112', '--max-semi-space-size=8'];

/**
 * What counts as flat, of the resident memory after the warm-up:
 *
 * - ten minutes: the robust slope is below 1 % of the median per ten minutes;
 * - shorter: noise of collections is larger than that, so the last quarter may be at most 10 % and
 *   16 MiB above the first. At full speed that shows a leak of some 300 bytes per record; a smaller
 *   one is what the long form is for.
 */
const SHORT_GROWTH = { share: 0.1, mib: 16 };
const FULL_SHARE_PER_TEN_MINUTES = 0.01;

describe(`memory of a member at full speed for ${RUN_MS / 1_000} s`, () => {
  let scenario: Scenario;
  let memory: MemoryTrack;
  let verdict: Verdict;

  beforeAll(
    async () => {
      scenario = await Scenario.open({
        name: 'memory',
        about: 'A member works at full speed.',
        parts: ['movements', 'order'],
        halfBulkMs: 0,
      });
      const member = await scenario.addMember({}, HEAP_LIMIT).whenReady();
      const load = Load.start(scenario, { perSecond: 1_500 });
      await pause(WARM_UP_MS);
      memory = new MemoryTrack(member);
      await pause(RUN_MS);
      await memory.stop();
      await load.stop();
      verdict = await scenario.finish();
    },
    WARM_UP_MS + RUN_MS + 240_000,
  );

  afterAll(() => scenario.close(), 60_000);

  it('had work all the time', () => {
    expect(verdict.records).toBeGreaterThan(((WARM_UP_MS + RUN_MS) / 1_000) * 500);
    expect(verdict).toMatchObject({ code: 'ok', lost: 0, unhandled: 0, twice: 0 });
  });

  it('is flat [F2] [I8] [BKP-01]', () => {
    const [first, last] = [memory.medianMib('first'), memory.medianMib('last')];
    const slope = memory.slopeMibPerMinute();
    process.stdout.write(
      `memory: ${first.toFixed(1)} MiB first, ${last.toFixed(1)} MiB last, ${slope.toFixed(2)} MiB/min, at most ${memory.maxMib.toFixed(1)} MiB\n`,
    );
    if (RUN_MS >= 600_000) expect((slope * 10) / first).toBeLessThan(FULL_SHARE_PER_TEN_MINUTES);
    else expect(last - first).toBeLessThan(Math.max(SHORT_GROWTH.mib, first * SHORT_GROWTH.share));
  });
});
