import { Logger } from '@nestjs/common';
import { FakeClock } from 'millrace/testing';
import { StoreAwayError } from '../fakes/records';
import { LineStoppedError } from './supervision.errors';
import { FatalWatch } from './fatal.watch';

beforeAll(() => Logger.overrideLogger(false));

function sceneOf(isLasting = false) {
  const clock = new FakeClock();
  const failures: unknown[] = [];
  const watch = new FatalWatch({
    groupId: 'lab',
    exitMs: 60_000,
    clock,
    isLasting: () => isLasting,
    fail: (error) => failures.push(error),
  });
  return { clock, failures, watch };
}

// Any fatal error will do.
const fatal = () => new LineStoppedError();

describe('FatalWatch', () => {
  it('ends the process for a fatal error that is met again and again', async () => {
    const { clock, failures, watch } = sceneOf();
    for (let met = 0; met < 12; met += 1) {
      watch.report(fatal());
      expect(watch.error).toMatchObject({ code: 'LINE_STOPPED' });
      await clock.advance(5_000);
    }
    expect(failures).toHaveLength(1);
  });

  it('ends the process for one that still holds, although nobody has met it since', async () => {
    const { clock, failures, watch } = sceneOf(true);
    watch.report(fatal());
    await clock.advance(59_999);
    expect(failures).toEqual([]);
    await clock.advance(1);
    expect(failures).toHaveLength(1);
  });

  it('forgets one that was healed', async () => {
    const { clock, failures, watch } = sceneOf(true);
    watch.report(fatal());
    await clock.advance(30_000);
    watch.clear();
    expect(watch.error).toBeNull();
    await clock.advance(120_000);
    expect([failures, clock.pendingTimers]).toEqual([[], 0]);
  });

  it('forgets one that nobody met again', async () => {
    const { clock, failures, watch } = sceneOf();
    watch.report(fatal());
    await clock.advance(60_000);
    expect([failures, watch.error]).toEqual([[], null]);
  });

  it('does not mind errors that pass', async () => {
    const { clock, failures, watch } = sceneOf(true);
    watch.report(new StoreAwayError());
    await clock.advance(120_000);
    expect([failures, watch.error]).toEqual([[], null]);
  });
});
