import fc from 'fast-check';
import { METALS } from 'millrace/events';
import type { PriceQuoted } from 'millrace/events';
import type { Candle } from './candle';
import { candleUpdates, mergeCandle } from './candle';

interface Quote {
  readonly event: PriceQuoted;
  readonly eventId: string;
}

// Few values each, so that equal times, ids and prices meet often.
const quotes = fc.array(
  fc
    .record({
      metal: fc.constantFrom(...METALS.slice(0, 2)),
      price: fc.constantFrom(1, 2.5, 3, 1e6),
      currency: fc.constantFrom('USD', 'EUR'),
      observedAt: fc.constantFrom(
        '1833-01-01T00:00:00.000Z',
        '2024-01-31T23:59:59.999Z',
        '2024-02-01T00:00:00.000Z',
        '2024-02-01T00:00:00.001Z',
      ),
      eventId: fc.constantFrom('a', 'b', 'c'),
    })
    .map(({ eventId, ...event }): Quote => ({ event, eventId })),
  { minLength: 1, maxLength: 12 },
);

function candlesOf(given: readonly Quote[]): ReadonlyMap<string, Candle> {
  const candles = new Map<string, Candle>();
  for (const { event, eventId } of given) {
    for (const update of candleUpdates(event, eventId)) {
      const known = candles.get(update.id);
      candles.set(update.id, known === undefined ? update : mergeCandle(known, update));
    }
  }
  return new Map([...candles].sort(([left], [right]) => (left < right ? -1 : 1)));
}

const event: PriceQuoted = {
  ...{ metal: 'gold', price: 2000, currency: 'USD', observedAt: '2024-02-29T12:00:00.000Z' },
};

describe('candles', () => {
  it('are the same in whatever order prices come', () => {
    const shuffled = quotes.chain((given) =>
      fc.tuple(
        fc.constant(given),
        fc.shuffledSubarray(given, { minLength: given.length, maxLength: given.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([given, other]) => {
        expect(candlesOf(other)).toEqual(candlesOf(given));
      }),
    );
  });

  it('are the same when prices come again, at any later place', () => {
    const repeated = quotes.chain((given) =>
      fc.tuple(fc.constant(given), fc.array(fc.constantFrom(...given), { maxLength: 12 })),
    );
    fc.assert(
      fc.property(repeated, ([given, again]) => {
        expect(candlesOf([...given, ...again])).toEqual(candlesOf(given));
      }),
    );
  });

  it('are the same when slices are joined first, as a bulk does', () => {
    const cut = quotes.chain((given) => fc.tuple(fc.constant(given), fc.nat(given.length)));
    fc.assert(
      fc.property(cut, ([given, at]) => {
        const right = candlesOf(given.slice(at));
        const joined = new Map(candlesOf(given.slice(0, at)));
        for (const [id, candle] of right) {
          const known = joined.get(id);
          joined.set(id, known === undefined ? candle : mergeCandle(known, candle));
        }
        expect(Object.fromEntries(joined)).toEqual(Object.fromEntries(candlesOf(given)));
      }),
    );
  });

  it('open with the first price and close with the last, by time and then by event id', () => {
    const at = (observedAt: string, price: number, eventId: string): Quote => ({
      event: { ...event, observedAt, price },
      eventId,
    });
    const candles = candlesOf([
      at('2024-02-29T12:00:00.000Z', 7, 'b'),
      at('2024-02-29T12:00:00.000Z', 9, 'c'),
      at('2024-02-29T12:00:00.000Z', 5, 'a'),
      at('2024-02-29T11:00:00.000Z', 6, 'z'),
    ]);
    expect(candles.get('gold:USD:1d:2024-02-29')).toMatchObject({
      ...{ open: { price: 6, id: 'z' }, high: 9, low: 5, close: { price: 9, id: 'c' } },
    });
  });

  it('cover the day, the month and the year of the calendar in UTC', () => {
    expect(candleUpdates(event, 'a').map(({ id, start }) => [id, start.toISOString()])).toEqual([
      ['gold:USD:1d:2024-02-29', '2024-02-29T00:00:00.000Z'],
      ['gold:USD:1M:2024-02-01', '2024-02-01T00:00:00.000Z'],
      ['gold:USD:1y:2024-01-01', '2024-01-01T00:00:00.000Z'],
    ]);
  });

  it('begin before 1970 and in the first century as well', () => {
    const starts = (observedAt: string) =>
      candleUpdates({ ...event, observedAt }, 'a').map(({ start }) => start.toISOString());
    expect(starts('1833-01-01T00:00:00.000Z')[2]).toBe('1833-01-01T00:00:00.000Z');
    expect(starts('0042-07-09T00:00:00.000Z')[1]).toBe('0042-07-01T00:00:00.000Z');
  });

  it('never mix currencies', () => {
    const euro = { event: { ...event, currency: 'EUR', price: 1 }, eventId: 'b' };
    const candles = candlesOf([{ event, eventId: 'a' }, euro]);
    expect(candles.get('gold:USD:1d:2024-02-29')?.low).toBe(2000);
    expect(candles.get('gold:EUR:1d:2024-02-29')?.high).toBe(1);
  });
});
