import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { eventually } from 'millrace/testing';
import { freePort } from '../e2e/app-process';
import type { AppProcess } from '../e2e/app-process';
import { buildApps } from '../e2e/checkout';
import { get, post } from '../e2e/http-calls';
import { DEAD_LETTER_TOPIC, GROUPS, TOPIC } from '../e2e/scene';
import { SecureSite } from './harness/secure-site';

const BATCHES = 20;
const BATCH = 250;

describe('the main job over mutual TLS, with least privilege [M-55] [S18]', () => {
  let site: SecureSite;
  let producer: AppProcess;
  let processor: AppProcess;
  let consolePort = 0;
  const token = randomBytes(32).toString('base64url');
  const accepted: string[] = [];

  beforeAll(async () => {
    await buildApps();
    site = await SecureSite.open();
    consolePort = await freePort();
    [producer, processor] = await Promise.all([
      site.startReady('producer'),
      site.startReady('processor', {
        ...{ LOG_LEVEL: 'debug', CONSOLE_ENABLED: 'true', CONSOLE_PORT: String(consolePort) },
        CONSOLE_TOKEN_HASH: `operator/olga:${createHash('sha256').update(token).digest('hex')}`,
      }),
    ]);
  }, 120_000);
  afterAll(async () => site.close(), 60_000);

  const ask = async (path: string) => {
    const headers = { Authorization: `Bearer ${token}` };
    const url = `http://127.0.0.1:${consolePort}/console/api/v1/${path}`;
    const response = await fetch(url, { headers });
    return { status: response.status, text: await response.text() };
  };

  it('stores what it takes in: each once, no dead letter', async () => {
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const items = Array.from({ length: BATCH }, (_, index) => ({
        ...{ metal: 'gold', price: 2_000 + index },
        observedAt: new Date(Date.UTC(2024, 0, 1) + batch * 1_000 + index).toISOString(),
      }));
      const { status, body } = await post(`${producer.url}/produce/batch`, items);
      expect(status).toBe(200);
      const results = body['results'] as unknown as ReadonlyArray<{ readonly eventId: string }>;
      accepted.push(...results.map(({ eventId }) => eventId));
    }
    const isCaughtUp = async () => {
      const lags = await Promise.all(GROUPS.map((groupId) => site.kafka.lag(groupId, TOPIC)));
      return lags.every((lag) => lag === 0n);
    };
    await eventually(isCaughtUp, { timeoutMs: 60_000, intervalMs: 250, what: 'lag 0' });
    expect(accepted).toHaveLength(BATCHES * BATCH);
    expect(await site.store.compare(accepted)).toEqual({ missing: [], twice: [], unexpected: [] });
    const letters = [...(await site.kafka.ends(DEAD_LETTER_TOPIC)).values()];
    expect(letters.every((end) => end === 0n)).toBe(true);
  }, 90_000);

  it('is ready, and says until when its certificates are good', async () => {
    const page = (await get(`${processor.url}/metrics`)).text;
    for (const identity of ['kafka', 'mongo']) {
      const series = `pipeline_tls_certificate_not_after_timestamp_seconds{identity="${identity}"`;
      expect(page).toContain(series);
      expect(page).toContain(`pipeline_tls_files_refused{identity="${identity}"`);
    }
    expect((await get(`${processor.url}/readyz`)).status).toBe(200);
    const health = (await get(`${processor.url}/health`)).text;
    const ends = health.match(/"certificate":\{"notAfter":"20\d\d-[^"]+Z","problem":null\}/g);
    expect(ends).toHaveLength(2);
  });

  it('writes none of its secrets anywhere: logs, answers, metrics, dead letters, console, database [S14] [I9]', async () => {
    const bad = { key: null, value: Buffer.from('no JSON'), headers: [] };
    await site.kafka.send(TOPIC, [{ partition: 0, ...bad }]);
    const read = () => site.kafka.readSince(DEAD_LETTER_TOPIC, new Map());
    const isThere = async () => (await read()).length === GROUPS.length;
    await eventually(isThere, { timeoutMs: 30_000, intervalMs: 500, what: 'dead letters' });
    const letters = await read();
    const texts = letters.flatMap(({ value, headers }) => [String(value), ...headers.values()]);
    const collections = await site.store.db.collections();
    const documents = await Promise.all(collections.map((each) => each.find().toArray()));
    const routes = [
      'livez',
      'readyz',
      'startupz',
      'health',
      'metrics',
      'prices/latest',
      'docs-json',
    ];
    const answers = await Promise.all([
      ...[producer, processor].flatMap(({ url }) => routes.map((route) => get(`${url}/${route}`))),
      ...['handlers', 'dead-letters', 'dead-letters/groups', 'lag', 'config', 'activity'].map(ask),
    ]);
    const outputs = [...site.written, ...texts, JSON.stringify(documents)];
    outputs.push(...answers.map((answer) => JSON.stringify(answer)));
    expect(answers.filter(({ text }) => text.includes('dead-letter'))).not.toEqual([]);
    expect(site.leaksIn(outputs)).toBe(0);
    // The control: what is looked for would be found.
    expect(site.leaksIn([readFileSync(site.cert('processor', 'password'), 'utf8')])).toBe(1);
    expect(site.leaksIn([readFileSync(site.cert('processor', 'tls.key'), 'utf8')])).toBeGreaterThan(
      1,
    );
  }, 60_000);
});
