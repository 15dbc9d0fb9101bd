import { sleep, systemClock } from 'millrace/retry';
import type { Clock } from 'millrace/retry';

function fakeClock() {
  const timers = new Map<number, { callback: () => void; delayMs: number }>();
  let id = 0;
  const clock: Clock = {
    now: () => 0,
    monotonicMs: () => 0,
    setTimer: (callback, delayMs) => {
      const own = ++id;
      timers.set(own, { callback, delayMs });
      return () => timers.delete(own);
    },
  };
  return { clock, timers };
}

describe('sleep', () => {
  it('resolves when its timer fires and not before', async () => {
    const { clock, timers } = fakeClock();
    let isAwake = false;
    const sleeping = sleep(clock, 500).then(() => (isAwake = true));
    await Promise.resolve();
    expect([isAwake, [...timers.values()][0]?.delayMs]).toEqual([false, 500]);
    [...timers.values()][0]?.callback();
    await sleeping;
    expect(isAwake).toBe(true);
  });

  it('ends with the reason of the signal and leaves no timer', async () => {
    const { clock, timers } = fakeClock();
    const controller = new AbortController();
    const sleeping = sleep(clock, 500, controller.signal);
    controller.abort(new Error('revoked'));
    await expect(sleeping).rejects.toThrow('revoked');
    expect(timers.size).toBe(0);
  });

  it('does not begin when the signal has fired', async () => {
    const { clock, timers } = fakeClock();
    await expect(sleep(clock, 1, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(timers.size).toBe(0);
  });
});

describe('systemClock', () => {
  it('never goes backwards', () => {
    const first = systemClock.monotonicMs();
    expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(first);
  });

  it('cancels a timer', () => {
    jest.useFakeTimers();
    try {
      const fired = jest.fn();
      systemClock.setTimer(fired, 10)();
      jest.advanceTimersByTime(20);
      expect(fired).not.toHaveBeenCalled();
    } finally {
      jest.useRealTimers();
    }
  });
});
