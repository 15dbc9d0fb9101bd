import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVENT_HEADERS } from 'millrace/contracts';
import { KafkaUnavailableError } from 'millrace/kafka';
import request from 'supertest';
import { producerApp } from '../../../../../test/apps/producer-app';
import type { ProducerApp } from '../../../../../test/apps/producer-app';
import { Sources } from './sources';

const folder = mkdtempSync(join(tmpdir(), 'sources-'));
writeFileSync(
  join(folder, 'gold-short.csv'),
  'Date,Price\n2024-01,2031.5\n2024-13,1\n2024-02,2040\n',
);
writeFileSync(join(folder, 'gold-other.csv'), 'Month;Price\n2024-01;1\n');
writeFileSync(join(folder, 'secret.txt'), 'not a source');

afterAll(() => rmSync(folder, { recursive: true }));

describe('the control of sources', () => {
  let producer: ProducerApp;
  const get = (path: string) => request(producer.url).get(path);
  const post = (path: string, body: object) => request(producer.url).post(path).send(body);
  const over = async (kind: 'file' | 'generator') => {
    for (;;) {
      const { body } = await get('/sources');
      if (body[kind].state !== 'running') return body[kind] as unknown;
    }
  };
  const idsOf = () =>
    producer.driver.published.map(({ headers }) =>
      new Map(headers).get(EVENT_HEADERS.id)?.toString(),
    );

  beforeEach(async () => (producer = await producerApp({ DATA_DIRECTORY: folder })));
  afterEach(() => producer.app.close());

  it('knows idle sources', async () => {
    const idle = { state: 'idle', published: 0, failed: 0 };
    expect((await get('/sources')).body).toEqual({ file: idle, generator: idle });
  });

  it('replays a file: 202, rows with ids from their month, a bad row named and left out', async () => {
    const { status, body } = await post('/sources/file/replay', { file: 'gold-short' });
    expect({ status, state: body.state }).toEqual({ status: 202, state: 'running' });
    expect(await over('file')).toEqual({
      ...{ state: 'done', published: 2, failed: 1 },
      lastError: 'line 3: must be YYYY-MM,<price above 0>',
    });
    expect(idsOf()).toEqual(['gold-short:2024-01', 'gold-short:2024-02']);
  });

  it('says why a file as a whole cannot be replayed', async () => {
    await post('/sources/file/replay', { file: 'gold-other' });
    expect(await over('file')).toMatchObject({
      state: 'failed',
      lastError: expect.stringContaining('Date,Price'),
    });
  });

  it.each(['../package', 'secret', 'gold-short.csv', '/etc/passwd', ''])(
    'reads no file but those of the data directory, by name: not %p',
    async (file) => {
      const { status } = await post('/sources/file/replay', { file });
      expect([400, 404]).toContain(status);
      expect((await get('/sources')).body.file.state).toBe('idle');
    },
  );

  it('runs the generator: so many prices of the metals in turn', async () => {
    const run = { metals: ['silver', 'copper'], count: 6, ratePerSecond: 10_000, seed: 3 };
    expect((await post('/sources/generator/run', run)).status).toBe(202);
    expect(await over('generator')).toEqual({ state: 'done', published: 6, failed: 0 });
    const keys = producer.driver.published.map(({ key }) => key?.toString());
    expect(keys).toEqual(['silver', 'copper', 'silver', 'copper', 'silver', 'copper']);
  });

  it('answers 409 while a source runs', async () => {
    const run = { count: 1_000, ratePerSecond: 1, seed: 1 };
    await post('/sources/generator/run', run);
    const { status, body } = await post('/sources/generator/run', run);
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'SOURCE_RUNNING' });
  });

  it('stops a running source at drain', async () => {
    await post('/sources/generator/run', { count: 1_000_000, ratePerSecond: 1, seed: 1 });
    const sources = producer.app.get(Sources, { strict: false });
    await producer.app.close();
    producer = await producerApp();
    expect(sources.status().generator).toMatchObject({ state: 'stopped', failed: 0 });
  });

  it.each([
    ['a rate of zero', { count: 1, ratePerSecond: 0 }, ['ratePerSecond']],
    ['an unknown metal', { count: 1, ratePerSecond: 1, metals: ['tin'] }, ['metals.0']],
    ['a metal twice', { count: 1, ratePerSecond: 1, metals: ['gold', 'gold'] }, ['metals']],
    ['an unknown field', { count: 1, ratePerSecond: 1, path: '/' }, ['']],
    ['nothing', {}, ['count', 'ratePerSecond']],
  ])('refuses %s and names the fields', async (_, body, paths) => {
    const answer = await post('/sources/generator/run', body);
    expect(answer.status).toBe(400);
    const { issues } = answer.body as { issues: ReadonlyArray<{ path: string }> };
    expect(issues.map(({ path }) => path)).toEqual(paths);
  });

  it('lists what was acknowledged, page after page', async () => {
    await post('/sources/file/replay', { file: 'gold-short' });
    await over('file');
    const { body } = await get('/sources/ledger');
    expect(body).toEqual({ ids: ['gold-short:2024-01', 'gold-short:2024-02'], next: 2, oldest: 0 });
    expect((await get('/sources/ledger?since=2')).body).toEqual({ ids: [], next: 2, oldest: 0 });
    expect((await get('/sources/ledger?since=-1')).status).toBe(400);
  });

  it('sends again what the brokers did not take, with the same id', async () => {
    let refusals = 0;
    producer.driver.script = () => {
      refusals += 1;
      return refusals <= 2 ? { status: 'failed', error: new KafkaUnavailableError() } : undefined;
    };
    await post('/sources/file/replay', { file: 'gold-short' });
    expect(await over('file')).toMatchObject({ state: 'done', published: 2, failed: 1 });
    expect(idsOf()).toEqual(['gold-short:2024-01', 'gold-short:2024-02']);
  });
});

describe('SOURCES_HTTP', () => {
  it.each([
    ['SOURCES_HTTP=false', { SOURCES_HTTP: 'false' }],
    [
      'production',
      {
        ...{ NODE_ENV: 'production', KAFKA_TLS: 'true', MONGODB_TLS: 'true' },
        CONFIG_ALLOW: 'INGEST_AUTHENTICATION_MISSING',
      },
    ],
  ] as const)('hides the routes and their description with %s', async (_, env) => {
    const { app, url } = await producerApp(env);
    expect((await request(url).get('/sources')).status).toBe(404);
    expect((await request(url).post('/sources/generator/run').send({})).status).toBe(404);
    const { body } = await request(url).get('/docs-json');
    expect(Object.keys(body.paths).filter((path) => path.startsWith('/sources'))).toEqual([]);
    await app.close();
  });

  it('is not needed by sources that the configuration starts', async () => {
    const endsAtMs = Date.now() + 4_000;
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const { app, driver } = await producerApp({
      ...{ SOURCES_HTTP: 'false', DATA_DIRECTORY: folder, SOURCE_FILE: 'gold-short' },
    });
    const sources = app.get(Sources, { strict: false });
    while (sources.status().file.state !== 'done' && Date.now() < endsAtMs) await turn();
    await app.close();
    expect(driver.published).toHaveLength(2);
  });
});
