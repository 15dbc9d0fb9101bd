import { METALS } from 'millrace/events';
import type { PriceQuoted } from 'millrace/events';
import { eventually } from 'millrace/testing';
import { candleUpdates, mergeCandle } from '../../apps/processor/src/metals/candle';
import type { Candle } from '../../apps/processor/src/metals/candle';
import type { AppProcess } from './app-process';
import { get } from './http-calls';
import { priceRecord } from './price-records';
import { GROUPS, PARTITIONS, Scene, TOPIC } from './scene';

const PRICES = 1_500;
const SEED = 20_240_131;
const HOUR_MS = 3_600_000;
const FIRST_MS = Date.UTC(2023, 10, 20);

interface Quote {
  readonly id: string;
  readonly event: PriceQuoted;
}

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((left, right) => left.rank - right.rank)
    .map(({ item }) => item);
}

/** Several prices share a time, so that the order by event id has something to decide. */
function quotesOf(run: string, random: () => number): readonly Quote[] {
  return Array.from({ length: PRICES }, (_, index) => ({
    id: `${run}-${index}`,
    event: {
      metal: METALS[index % METALS.length] ?? 'gold',
      price: Math.round(random() * 1e6) / 100 + 1,
      currency: 'USD',
      observedAt: new Date(FIRST_MS + Math.floor(index / 10) * 6 * HOUR_MS).toISOString(),
    },
  }));
}

describe('prices that come shuffled and repeated, on all partitions', () => {
  let scene: Scene;
  let processor: AppProcess;
  let quotes: readonly Quote[];

  beforeAll(async () => {
    scene = await Scene.open('candles');
    processor = await scene.startReady('processor');
    const random = seeded(SEED);
    quotes = quotesOf(scene.run, random);
    // Twice each, in two orders, and a third time those that are oldest: a replay of an old window.
    const sent = [
      ...shuffled(quotes, random),
      ...shuffled(quotes, random),
      ...quotes.slice(0, PRICES / 5),
    ];
    const onAnyPartition = sent.map(({ id, event }) =>
      priceRecord(event, id, Math.floor(random() * PARTITIONS)),
    );
    await scene.kafka.send(TOPIC, onAnyPartition);
    const isCaughtUp = async () => {
      const lags = await Promise.all(GROUPS.map((groupId) => scene.kafka.lag(groupId, TOPIC)));
      return lags.every((lag) => lag === 0n);
    };
    await eventually(isCaughtUp, { timeoutMs: 60_000, intervalMs: 250, what: 'lag 0' });
  }, 120_000);

  afterAll(async () => scene.close(), 60_000);

  it('makes the candles that the pure computation makes [DEL-03]', async () => {
    const expected = new Map<string, Candle>();
    for (const { id, event } of quotes) {
      for (const candle of candleUpdates(event, id)) {
        const known = expected.get(candle.id);
        expected.set(candle.id, known === undefined ? candle : mergeCandle(known, candle));
      }
    }
    const rows = await scene.store.db.collection('candles').find().toArray();
    const found = rows.map(({ _id, ...candle }) => [String(_id), { id: String(_id), ...candle }]);
    expect(expected.size).toBeGreaterThan(METALS.length * 30);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });

  it('keeps the price that was observed last, whatever came last [DEL-03]', async () => {
    const { body } = await get(`${processor.url}/prices/latest`);
    const newest = METALS.map((metal) => {
      const ofMetal = quotes.filter(({ event }) => event.metal === metal);
      const version = ({ id, event }: Quote) => `${event.observedAt}|${id}`;
      const { id, event } = ofMetal.reduce((best, quote) =>
        version(quote) > version(best) ? quote : best,
      );
      return { eventId: id, metal, price: event.price, observedAt: event.observedAt };
    });
    const byMetal = [...newest].sort((left, right) => (left.metal < right.metal ? -1 : 1));
    expect(body['prices']).toMatchObject(byMetal);
  });

  it('stores each price once [DEL-02]', async () => {
    expect(await scene.store.compare(quotes.map(({ id }) => id))).toEqual({
      missing: [],
      twice: [],
      unexpected: [],
    });
  });
});
