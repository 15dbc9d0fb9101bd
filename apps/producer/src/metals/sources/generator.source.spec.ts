import { METALS } from 'millrace/events';
import type { PriceQuoted } from 'millrace/events';
import type { Clock } from 'millrace/retry';
import { GeneratorSource } from './generator.source';
import type { GeneratorOptions } from './generator.source';
import { PRICE_RANGES, PriceWalk } from './price.walk';

/** Jumps to each timer as it is armed. */
class JumpingClock implements Clock {
  elapsedMs = 0;
  readonly waits: number[] = [];

  now(): number {
    return 1_700_000_000_000 + this.elapsedMs;
  }
  monotonicMs(): number {
    return this.elapsedMs;
  }
  setTimer(callback: () => void, delayMs: number): () => void {
    this.waits.push(delayMs);
    this.elapsedMs += delayMs;
    queueMicrotask(callback);
    return () => undefined;
  }
}

const options: GeneratorOptions = { metals: METALS, count: 50, ratePerSecond: 1_000, seed: 7 };

async function generated(given: Partial<GeneratorOptions> = {}, clock = new JumpingClock()) {
  const made: Array<{ event: PriceQuoted; eventId: string; atMs: number }> = [];
  const source = new GeneratorSource({ ...options, ...given }, clock);
  for await (const chunk of source.chunks(new AbortController().signal)) {
    for (const entry of chunk) {
      if (!('event' in entry)) throw new Error('a generator has no rows');
      made.push({
        event: entry.event as PriceQuoted,
        eventId: entry.eventId,
        atMs: clock.elapsedMs,
      });
    }
  }
  return made;
}

const prices = (made: Awaited<ReturnType<typeof generated>>) =>
  made.map(({ event: { metal, price } }) => `${metal} ${price}`);

describe('the generator', () => {
  it('walks the same prices for the same seed, and others for another [C-01]', async () => {
    expect(prices(await generated())).toEqual(prices(await generated()));
    expect(prices(await generated({ seed: 8 }))).not.toEqual(prices(await generated()));
  });

  it('walks a metal alone as it walks it among others', async () => {
    const all = await generated();
    const alone = await generated({ metals: ['copper'], count: 10 });
    expect(prices(alone)).toEqual(prices(all.filter(({ event }) => event.metal === 'copper')));
  });

  it('gives every event an id of its own, as UUIDv7', async () => {
    const ids = (await generated()).map(({ eventId }) => eventId);
    expect(new Set(ids).size).toBe(50);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });

  it('prices each metal in the range of its market, not all in one [W-87]', () => {
    for (const metal of METALS) {
      const { low, high, decimals } = PRICE_RANGES[metal];
      const walk = new PriceWalk(metal, 1);
      const walked = Array.from({ length: 20_000 }, () => walk.next());
      expect(Math.min(...walked)).toBeGreaterThanOrEqual(low);
      expect(Math.max(...walked)).toBeLessThanOrEqual(high);
      expect(new Set(walked).size).toBeGreaterThan(100);
      for (const price of walked.slice(0, 50)) expect(Number(price.toFixed(decimals))).toBe(price);
    }
    expect(PRICE_RANGES.copper.high).toBeLessThan(PRICE_RANGES.silver.low);
    expect(PRICE_RANGES.silver.high).toBeLessThan(PRICE_RANGES.gold.low);
  });

  it('keeps to an arrival schedule, whatever the consumer of its chunks does [W-87]', async () => {
    const made = await generated({ count: 3_000, ratePerSecond: 1_000, burst: 100 });
    const lastMs = made.at(-1)?.atMs ?? 0;
    expect(lastMs).toBeGreaterThanOrEqual(2_900);
    expect(lastMs).toBeLessThan(3_000);
    for (const { atMs } of made) {
      const soFar = made.filter((other) => other.atMs <= atMs).length;
      if (soFar > 100 + atMs + 1) throw new Error(`${soFar} prices after ${atMs} ms`);
    }
  });

  it('sends one price a second at a rate of one', async () => {
    const made = await generated({ count: 4, ratePerSecond: 1, burst: 1 });
    expect(made.map(({ atMs }) => atMs)).toEqual([0, 1_000, 2_000, 3_000]);
  });

  it('ends a wait when it is stopped', async () => {
    const stopping = new AbortController();
    const clock: Clock = { now: () => 0, monotonicMs: () => 0, setTimer: () => () => undefined };
    const source = new GeneratorSource({ ...options, ratePerSecond: 1 }, clock);
    const chunks = source.chunks(stopping.signal)[Symbol.asyncIterator]();
    await chunks.next();
    const waiting = chunks.next();
    stopping.abort(new Error('stopped'));
    expect(await waiting).toMatchObject({ done: true });
  });
});
