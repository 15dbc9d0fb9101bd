import { EVENT_HEADERS, decodeEvent, encodeEvent, validateEvent } from 'millrace/contracts';
import { METALS, PriceQuoted } from './index';

const event: PriceQuoted = {
  metal: 'gold',
  price: 2031.5,
  currency: 'USD',
  observedAt: '2024-01-31T00:00:00.000Z',
};

const issuesOf = (value: unknown) => {
  const result = validateEvent(PriceQuoted, value);
  return 'issues' in result ? result.issues : [];
};

describe('PriceQuoted', () => {
  it('knows the five metals and no other [M-04]', () => {
    expect(METALS).toEqual(['gold', 'silver', 'platinum', 'palladium', 'copper']);
    for (const metal of METALS) expect(issuesOf({ ...event, metal })).toEqual([]);
    expect(issuesOf({ ...event, metal: 'tin' })).toEqual([
      { path: 'metal', message: 'must be one of gold, silver, platinum, palladium, copper' },
    ]);
  });

  it('lives on metals-prices with 12 partitions, keyed by metal, as version 2 [M-13] [M-14]', () => {
    expect(PriceQuoted).toMatchObject({
      name: 'metals.price.quoted',
      topic: 'metals-prices',
      version: 2,
      topicSettings: { partitions: 12 },
    });
    expect(PriceQuoted.keyOf(event)).toBe('gold');
  });

  it('carries the event id in a header and never in the value [M-14]', () => {
    const encoded = encodeEvent(PriceQuoted, event, { eventId: 'id-1', source: 's', nowMs: 0 });
    expect(JSON.parse(encoded.value.toString())).toEqual(event);
    expect(new Map(encoded.headers).get(EVENT_HEADERS.id)?.toString()).toBe('id-1');
  });

  it('reads version 1, which had no currency, as US dollars [M-14]', () => {
    const v1 = { metal: 'gold', price: 18.93, observedAt: '1833-01-01T00:00:00.000Z' };
    const decoded = decodeEvent(PriceQuoted, Buffer.from(JSON.stringify(v1)), '1');
    expect(decoded).toEqual({ event: { ...v1, currency: 'USD' } });
  });

  it('does not know a version from the future', () => {
    expect(decodeEvent(PriceQuoted, Buffer.from('{}'), '3')).toMatchObject({
      reason: 'contract-unknown',
    });
  });

  it('names every bad field at once', () => {
    const bad = { metal: 'tin', price: -1, currency: 'usd', observedAt: 'yesterday', extra: 1 };
    expect(issuesOf(bad).map(({ path }) => path)).toEqual([
      'metal',
      'price',
      'currency',
      'observedAt',
      '',
    ]);
  });

  it.each([
    ['zero', 0],
    ['negative', -1],
    ['text', '18.93'],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['null', null],
    ['missing', undefined],
  ])('refuses a price that is %s', (_, price) => {
    expect(issuesOf({ ...event, price })).toEqual([
      { path: 'price', message: 'must be a number above 0' },
    ]);
  });

  it.each([
    ['an offset', '2024-01-31T00:00:00+02:00'],
    ['a date alone', '2024-01-31'],
    ['a day that is not in the calendar', '2023-02-29T00:00:00Z'],
    ['a number', 1_706_659_200_000],
  ])('refuses %s as observedAt', (_, observedAt) => {
    expect(issuesOf({ ...event, observedAt })).toMatchObject([{ path: 'observedAt' }]);
  });

  it('brings observedAt into one form, so that texts sort as times do', () => {
    for (const observedAt of ['2024-01-31T00:00:00Z', '2024-01-31T00:00:00.000000Z']) {
      expect(validateEvent(PriceQuoted, { ...event, observedAt })).toEqual({ event });
    }
  });

  it.each([[null], ['text'], [7], [[event]]])('refuses %j, which is no object', (value) => {
    expect(issuesOf(value)).toEqual([{ path: '', message: 'must be a JSON object' }]);
  });

  it('names at most five unknown fields, and cuts their names', () => {
    const extra = Object.fromEntries(
      Array.from({ length: 7 }, (_, index) => [String(index).padEnd(300, 'x'), 1]),
    );
    const [issue] = issuesOf({ ...event, ...extra });
    expect(issue?.message).toMatch(/^has unknown fields: 0x{39}, .* and 2 more$/);
    expect(issue?.message.length).toBeLessThan(300);
  });

  it('refuses a field named __proto__', () => {
    const value: unknown = JSON.parse(`{"__proto__":{},${JSON.stringify(event).slice(1)}`);
    expect(issuesOf(value)).toMatchObject([{ path: '' }]);
  });
});
