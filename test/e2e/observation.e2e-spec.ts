import { METALS } from 'millrace/events';
import { lintMetrics } from 'millrace/metrics';
import { eventually } from 'millrace/testing';
import { APPS } from './app-process';
import type { AppName, AppProcess } from './app-process';
import { isInstalled, runProgram } from './checkout';
import { get, post, sampleOf } from './http-calls';
import { Scene } from './scene';

const PAGE_LIMIT_BYTES = 100_000;
const LAG_PERIOD_MS = 10_000;
const hasPromtool = isInstalled('promtool');

describe('what both apps show of themselves', () => {
  let scene: Scene;
  let urls: Readonly<Record<AppName, string>>;

  beforeAll(async () => {
    scene = await Scene.open('observation');
    const apps = await Promise.all(APPS.map((name) => scene.startReady(name)));
    const urlOf = (name: AppName) => (apps.find((app) => app.name === name) as AppProcess).url;
    urls = { producer: urlOf('producer'), processor: urlOf('processor') };
    for (const [index, metal] of METALS.entries()) {
      await post(`${urls.producer}/produce`, { metal, price: 100 + index });
    }
    const isStored = async () => (await scene.store.count()) === METALS.length;
    await eventually(isStored, { what: 'one price of each metal' });
  }, 120_000);

  afterAll(async () => scene.close(), 60_000);

  const page = async (name: AppName) => (await get(`${urls[name]}/metrics`)).text;

  it.each(
    APPS.flatMap((name) =>
      ['health', 'livez', 'readyz', 'startupz'].map((route) => [name, route] as const),
    ),
  )('%s answers GET /%s with 200 and status ok', async (name, route) => {
    const { status, body } = await get(`${urls[name]}/${route}`);
    expect({ status, body }).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  it('names its service and its dependencies at GET /health', async () => {
    expect((await get(`${urls.producer}/health`)).body).toMatchObject({
      service: 'producer',
      state: 'serving',
      checks: { kafka: { status: 'up' } },
    });
    expect((await get(`${urls.processor}/health`)).body).toMatchObject({
      service: 'processor',
      checks: { kafka: { status: 'up' }, mongo: { status: 'up' } },
    });
  });

  it('shows its OpenAPI document at GET /docs of the producer', async () => {
    const { status, text } = await get(`${urls.producer}/docs`);
    expect(status).toBe(200);
    expect(text).toContain('swagger');
    const { body } = await get(`${urls.producer}/docs-json`);
    expect(Object.keys(body['paths'] ?? {})).toEqual(
      expect.arrayContaining(['/produce', '/produce/batch']),
    );
  });

  it.each(APPS)('/metrics of the %s keeps the naming rules [OBS-01]', async (name) => {
    const text = await page(name);
    // What prom-client and its process collectors are called is theirs.
    expect(lintMetrics(text, { ignore: /^(nodejs|process)_/ })).toEqual([]);
    expect(text).toMatch(/^# TYPE pipeline_build_info gauge$/m);
  });

  (hasPromtool ? it.each : it.skip.each)(APPS)(
    `/metrics of the %s pleases promtool check metrics${hasPromtool ? '' : ' (promtool is not on PATH: the rules above stand for it)'}`,
    async (name) => {
      const { code, output } = await runProgram('promtool', ['check', 'metrics'], await page(name));
      expect({ code, output }).toMatchObject({ code: 0 });
    },
  );

  it.each(APPS)('/metrics of the %s is smaller than 100 kB [OBS-01]', async (name) => {
    expect(Buffer.byteLength(await page(name))).toBeLessThan(PAGE_LIMIT_BYTES);
  });

  it('counts what was sent, by metal, as metals_messages_sent_total [M-16]', async () => {
    const text = await page('producer');
    const counts = METALS.map((metal) =>
      sampleOf(text, `metals_messages_sent_total{metal="${metal}"}`),
    );
    expect(counts).toEqual(METALS.map(() => 1));
  });

  it('shows the last price, by metal, as metals_current_price [M-17]', async () => {
    const text = await page('producer');
    const prices = METALS.map((metal) => sampleOf(text, `metals_current_price{metal="${metal}"}`));
    expect(prices).toEqual(METALS.map((_, index) => 100 + index));
  });

  it('counts what was processed as metals_messages_processed_total [M-18]', async () => {
    expect(sampleOf(await page('processor'), 'metals_messages_processed_total')).toBe(
      METALS.length,
    );
  });

  it('shows how long it took as the histogram metals_processing_seconds [M-19]', async () => {
    const text = await page('processor');
    expect(text).toMatch(/^# TYPE metals_processing_seconds histogram$/m);
    expect(sampleOf(text, 'metals_processing_seconds_count')).toBeGreaterThan(0);
    expect(text).toContain('metals_processing_seconds_bucket{le="10"}');
  });

  it('shows the lag of the whole group as metals_kafka_consumer_lag [M-20]', async () => {
    const isZero = async () => sampleOf(await page('processor'), 'metals_kafka_consumer_lag') === 0;
    const timeoutMs = 2 * LAG_PERIOD_MS;
    expect(await eventually(isZero, { timeoutMs, intervalMs: 250, what: 'lag 0' })).toBe(true);
  }, 30_000);
});
