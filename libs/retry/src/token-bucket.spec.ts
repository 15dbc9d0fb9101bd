import fc from 'fast-check';
import { RetryOptionsInvalidError, TokenBucket } from 'millrace/retry';

function fakeClock() {
  let nowMs = 0;
  return { monotonicMs: () => nowMs, advance: (ms: number) => (nowMs += ms) };
}

describe('TokenBucket', () => {
  it('gives a burst at once and then one token per interval', () => {
    const clock = fakeClock();
    const bucket = new TokenBucket({ ratePerSecond: 10, burst: 3, clock });
    expect([bucket.take(1), bucket.take(2), bucket.take(1), bucket.take(1)]).toEqual([
      0, 0, 100, 200,
    ]);
  });

  it('fills up again, never above the burst', () => {
    const clock = fakeClock();
    const bucket = new TokenBucket({ ratePerSecond: 10, burst: 2, clock });
    bucket.take(2);
    clock.advance(60_000);
    expect([bucket.take(2), bucket.take(1)]).toEqual([0, 100]);
  });

  it('lends more than the burst and lets the caller wait for the debt', () => {
    const bucket = new TokenBucket({ ratePerSecond: 100, burst: 10, clock: fakeClock() });
    expect(bucket.take(60)).toBe(500);
  });

  it('never hands out more than burst plus rate times time', () => {
    const step = fc.record({
      count: fc.integer({ min: 1, max: 20 }),
      idleMs: fc.integer({ min: 0, max: 2_000 }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 1, max: 50 }),
        fc.array(step, { maxLength: 50 }),
        (ratePerSecond, burst, steps) => {
          const clock = fakeClock();
          const bucket = new TokenBucket({ ratePerSecond, burst, clock });
          let taken = 0;
          for (const { count, idleMs } of steps) {
            clock.advance(idleMs);
            clock.advance(bucket.take(count));
            taken += count;
            const allowed = burst + (ratePerSecond * clock.monotonicMs()) / 1_000;
            expect(taken).toBeLessThanOrEqual(allowed + 1e-6);
          }
        },
      ),
    );
  });

  it.each([
    { ratePerSecond: 0, burst: 1 },
    { ratePerSecond: Number.NaN, burst: 1 },
    { ratePerSecond: 1, burst: 0 },
  ])('refuses %j', (options) => {
    expect(() => new TokenBucket({ ...options, clock: fakeClock() })).toThrow(
      RetryOptionsInvalidError,
    );
  });
});
