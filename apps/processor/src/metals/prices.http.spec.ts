import { KafkaUnavailableError } from 'millrace/kafka';
import type { SliceFinished } from 'millrace/pipeline';
import request from 'supertest';
import { processorApp } from '../../../../test/apps/processor-app';
import type { ProcessorApp } from '../../../../test/apps/processor-app';
import { candleUpdates } from './candle';
import type { CandlesQuery, PriceQueries, PricesQuery } from './price.queries';
import type { PriceDocument } from './price.document';

const stored: PriceDocument = {
  metal: 'gold',
  price: 2031.5,
  currency: 'USD',
  observedAt: new Date('2024-01-31T00:00:00Z'),
  eventId: 'id-1',
  publishedAt: new Date('2024-02-01T00:00:00Z'),
};

/** Notes what it is asked; answers with one of each. */
class NotingQueries implements PriceQueries {
  asked: PricesQuery | CandlesQuery | undefined;
  failure: Error | undefined;

  async latest(): Promise<readonly PriceDocument[]> {
    if (this.failure !== undefined) throw this.failure;
    return [stored];
  }
  async prices(query: PricesQuery): Promise<readonly PriceDocument[]> {
    this.asked = query;
    return [stored];
  }
  async candles(query: CandlesQuery) {
    this.asked = query;
    return candleUpdates({ ...stored, observedAt: stored.observedAt.toISOString() }, 'id-1').slice(
      0,
      1,
    );
  }
}

describe('the queries of the processor', () => {
  const queries = new NotingQueries();
  let processor: ProcessorApp;
  const get = (path: string) => request(processor.url).get(path);

  beforeAll(async () => {
    processor = await processorApp({ queries, candles: { apply: async () => [] } });
  });
  beforeEach(() => {
    queries.asked = undefined;
    queries.failure = undefined;
  });
  afterAll(() => processor.app.close());

  it('shows the latest price of each metal', async () => {
    const { status, body } = await get('/prices/latest');
    expect(status).toBe(200);
    expect(body.prices).toEqual([
      {
        ...stored,
        observedAt: '2024-01-31T00:00:00.000Z',
        publishedAt: '2024-02-01T00:00:00.000Z',
      },
    ]);
  });

  it('shows the prices of a metal, 100 unless told otherwise', async () => {
    expect((await get('/prices/gold')).body).toMatchObject({
      metal: 'gold',
      prices: [{ eventId: 'id-1' }],
    });
    expect(queries.asked).toEqual({ metal: 'gold', limit: 100 });
    await get('/prices/gold?from=1833-01-01&to=2024-01-31T12:00:00Z&limit=1000');
    expect(queries.asked).toEqual({
      ...{ metal: 'gold', limit: 1000 },
      from: new Date('1833-01-01T00:00:00Z'),
      to: new Date('2024-01-31T12:00:00Z'),
    });
  });

  it('shows candles, by the day and in US dollars unless told otherwise', async () => {
    const { body } = await get('/candles/gold');
    expect(body).toMatchObject({ metal: 'gold', candles: [{ id: 'gold:USD:1d:2024-01-31' }] });
    expect(queries.asked).toEqual({ metal: 'gold', limit: 100, interval: '1d', currency: 'USD' });
    await get('/candles/gold?interval=1M&currency=EUR');
    expect(queries.asked).toMatchObject({ interval: '1M', currency: 'EUR' });
  });

  it.each([
    ['/prices/tin', ['metal']],
    ['/prices/gold?limit=0', ['limit']],
    ['/prices/gold?limit=1001', ['limit']],
    ['/prices/gold?limit=1e3', ['limit']],
    ['/prices/gold?limit=1&limit=2', ['limit']],
    ['/prices/gold?from=yesterday&to=2024-02-30x', ['from', 'to']],
    ['/prices/gold?from[$gt]=', ['']],
    ['/prices/tin?limit=x&form=1', ['metal', 'limit', '']],
    ['/candles/gold?interval=1m&currency=usd', ['interval', 'currency']],
  ])('[S6] refuses %s and names the parameters', async (path, paths) => {
    const { status, body } = await get(path);
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'QUERY_INVALID' });
    const { issues } = body as { issues: ReadonlyArray<{ path: string }> };
    expect(issues.map((issue) => issue.path).sort()).toEqual([...paths].sort());
    expect(queries.asked).toBeUndefined();
  });

  it('answers 503 with Retry-After while the database is away, and names no host', async () => {
    queries.failure = new KafkaUnavailableError({ message: 'nobody at 10.0.0.7' });
    const answer = await get('/prices/latest');
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(JSON.stringify(answer.body)).not.toContain('10.0.0.7');
  });
});

describe('the metrics of the processor', () => {
  let processor: ProcessorApp;
  const slice: SliceFinished = {
    ...{ topic: 'metals-prices', groupId: 'metals-processor', pipeline: 'metals', records: 9 },
    outcomes: { stored: 5, duplicate: 2, 'dead-letter': 2 },
    durationSeconds: 0.02,
  };
  const scrape = () => processor.metrics.registry.metrics();

  beforeEach(async () => {
    const queries = new NotingQueries();
    processor = await processorApp({ queries, candles: { apply: async () => [] } });
  });
  afterEach(() => processor.app.close());

  it('counts what is in the database, of the group metals-processor alone [M-18] [W-83]', async () => {
    processor.events.emit(slice);
    processor.events.emit({ ...slice, groupId: 'metals-candles-processor' });
    processor.events.emit({ ...slice, groupId: 'metals-latest-processor' });
    expect(await scrape()).toContain('metals_messages_processed_total 7\n');
  });

  it('observes how long a slice took, from 5 ms to 10 s [M-19]', async () => {
    processor.events.emit(slice);
    processor.events.emit({ ...slice, outcomes: { 'dead-letter': 9 } });
    const page = await scrape();
    expect(page).toContain('metals_processing_seconds_count 1\n');
    expect(page).toContain('metals_processing_seconds_bucket{le="0.01"} 0\n');
    expect(page).toContain('metals_processing_seconds_bucket{le="0.025"} 1\n');
    expect(page.match(/metals_processing_seconds_bucket\{le="[^"]*"/g)).toHaveLength(12);
    expect(page).toContain('metals_processing_seconds_bucket{le="10"}');
  });

  it('shows the lag of the whole group, and no number before it is known [M-20]', async () => {
    expect(await scrape()).toContain('metals_kafka_consumer_lag Nan\n');
    processor.driver.lag = 42;
    expect(await scrape()).toContain('metals_kafka_consumer_lag 42\n');
  });

  it('stops listening when the service stops', async () => {
    await processor.app.close();
    processor.events.emit(slice);
    expect(await scrape()).toContain('metals_messages_processed_total 0\n');
  });
});
