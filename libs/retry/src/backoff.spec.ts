import fc from 'fast-check';
import { constant, exponential, RetryOptionsInvalidError } from 'millrace/retry';

const options = fc
  .record({
    initialMs: fc.integer({ min: 0, max: 60_000 }),
    growth: fc.integer({ min: 0, max: 600_000 }),
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
  })
  .map(({ initialMs, growth, factor }) => ({ initialMs, maxMs: initialMs + growth, factor }));
const attempts = fc.integer({ min: 1, max: 10_000 });
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('exponential', () => {
  it('waits between 0 and the cap of the attempt with full jitter', () => {
    fc.assert(
      fc.property(options, attempts, randoms, (given, attempt, random) => {
        const backoff = exponential(given);
        const delay = backoff.delayMs(attempt, () => random);
        expect(Number.isInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(backoff.capMs(attempt));
      }),
    );
  });

  it('never lets the cap fall from one attempt to the next, nor rise above the longest wait', () => {
    fc.assert(
      fc.property(options, attempts, (given, attempt) => {
        const backoff = exponential(given);
        expect(backoff.capMs(attempt + 1)).toBeGreaterThanOrEqual(backoff.capMs(attempt));
        expect(backoff.capMs(attempt)).toBeLessThanOrEqual(given.maxMs);
      }),
    );
  });

  it('reaches both ends of the range with full jitter', () => {
    const backoff = exponential({ initialMs: 100 });
    expect(backoff.delayMs(1, () => 0)).toBe(0);
    expect(backoff.delayMs(1, () => 0.999_999)).toBe(100);
  });

  it('doubles from 200 ms to 10 s by default', () => {
    const backoff = exponential({ jitter: 'none' });
    const random = () => {
      throw new Error('no jitter asks for no randomness');
    };
    expect([1, 2, 3, 6, 7, 100].map((attempt) => backoff.delayMs(attempt, random))).toEqual([
      200, 400, 800, 6_400, 10_000, 10_000,
    ]);
  });

  it('refuses numbers that cannot work, all at once', () => {
    const build = () => exponential({ initialMs: -1, maxMs: -2, factor: 0 });
    expect(build).toThrow(RetryOptionsInvalidError);
    expect(build).toThrow(
      'initialMs must be a number from 0; maxMs must not be below initialMs; factor must be a number from 1',
    );
  });
});

describe('constant', () => {
  it('waits the same after every attempt', () => {
    const backoff = constant(250);
    expect([1, 2, 50].map((attempt) => backoff.delayMs(attempt, Math.random))).toEqual([
      250, 250, 250,
    ]);
  });

  it('refuses a negative wait', () => {
    expect(() => constant(-1)).toThrow(RetryOptionsInvalidError);
  });
});
