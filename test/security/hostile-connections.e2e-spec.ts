import { execFileSync } from 'node:child_process';
import { eventually } from 'millrace/testing';
import { AppProcess } from '../e2e/app-process';
import { buildApps } from '../e2e/checkout';
import { get, post, sampleOf } from '../e2e/http-calls';
import { KafkaLog } from '../e2e/kafka-log';
import { PARTITIONS, TOPIC } from '../e2e/scene';
import { RawConnection, headersOf } from './hostile-http/raw-connection';

const MEGABYTE = 1_048_576;
const GOOD = JSON.stringify({ metal: 'gold', price: 2031.5 });
const BROKERS = process.env['KAFKA_BROKERS'] ?? '';
/** Files and brokers of the two processes, which have the same limit of open files. */
const SPARE_FILES = 500;
const WANTED_CONNECTIONS = 10_000;
const OPENED_TOGETHER = 250;

describe('a producer whose connections are taken', () => {
  const kafka = new KafkaLog(BROKERS);
  const apps: AppProcess[] = [];
  const connections: RawConnection[] = [];

  beforeAll(async () => {
    await Promise.all([buildApps(), kafka.connect()]);
    await kafka.createTopics([TOPIC], PARTITIONS);
  }, 120_000);

  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.end();
    await Promise.all(apps.splice(0).map((app) => app.stop('SIGTERM')));
  }, 30_000);
  afterAll(() => kafka.close());

  const start = async (env: Readonly<Record<string, string>>) => {
    const app = await AppProcess.start('producer', { KAFKA_BROKERS: BROKERS, ...env });
    apps.push(app);
    return app.whenReady();
  };
  const open = async (url: string, count: number) => {
    const opened: RawConnection[] = [];
    while (opened.length < count) {
      const length = Math.min(OPENED_TOGETHER, count - opened.length);
      opened.push(...(await Promise.all(Array.from({ length }, () => RawConnection.open(url)))));
    }
    connections.push(...opened);
    return opened;
  };

  it('[S17] closes slow headers and slow bodies with 408, and serves others meanwhile', async () => {
    const limits = { HTTP_HEADERS_TIMEOUT_MS: '2000', HTTP_REQUEST_TIMEOUT_MS: '4000' };
    const { url } = await start(limits);
    const slowHeaders = await open(url, 300);
    const slowBodies = await open(url, 300);
    const startedAtMs = performance.now();
    for (const slow of slowHeaders) slow.write('POST /produce HTTP/1.1\r\nHost: producer\r\nX-');
    for (const slow of slowBodies) slow.write(headersOf('/produce', 200_000));
    let isOver = false;
    const over = Promise.all([...slowHeaders, ...slowBodies].map((it) => it.trickle('a', 250)));
    void over.then(() => (isOver = true));
    const statuses: number[] = [];
    let slowestMs = 0;
    while (!isOver) {
      const askedAtMs = performance.now();
      statuses.push((await post(`${url}/produce`, GOOD)).status);
      slowestMs = Math.max(slowestMs, performance.now() - askedAtMs);
    }
    expect(performance.now() - startedAtMs).toBeLessThan(4_000 + 1_000 + 2_000);
    expect(new Set([...slowHeaders, ...slowBodies].map(({ status }) => status))).toEqual(
      new Set([408]),
    );
    expect(statuses.length).toBeGreaterThan(10);
    expect([new Set(statuses), slowestMs < 2_000]).toEqual([new Set([200]), true]);
  }, 60_000);

  it('[S17] bounds 10,000 connections: memory too, an old client is served, a new one after them', async () => {
    const files = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }));
    // A machine that allows fewer files gets fewer connections; the promise is about the bound.
    const most = Math.min(WANTED_CONNECTIONS, files - SPARE_FILES);
    const limits = { HTTP_MAX_CONNECTIONS: String(most), HTTP_HEADERS_TIMEOUT_MS: '8000' };
    const { url } = await start(limits);
    const [client] = (await open(url, 1)) as [RawConnection];
    const askOld = async (path: string) => {
      const status = await client.ask(`GET ${path} HTTP/1.1\r\nHost: producer\r\n\r\n`);
      return status === 200 ? client.received : '';
    };
    const megabytes = (page: string) =>
      (sampleOf(page.replaceAll('\r', ''), 'process_resident_memory_bytes') ?? Number.NaN) /
      MEGABYTE;
    const begin = megabytes((await get(`${url}/metrics`)).text);

    await open(url, most - 1);
    const refused = await open(url, 100);
    await Promise.all(refused.map(({ closed }) => closed));
    expect(refused.map(({ received }) => received).join('')).toBe('');
    expect(await client.ask(headersOf('/produce', GOOD.length) + GOOD)).toBe(200);
    const page = await askOld('/metrics');
    expect(megabytes(page) - begin).toBeLessThan(150);

    const serves = async () => (await post(`${url}/produce`, GOOD)).status === 200;
    await eventually(serves, { timeoutMs: 15_000, what: 'a new client is served' });
  }, 60_000);
});
