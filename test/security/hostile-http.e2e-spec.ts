import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { EVENT_HEADERS } from 'millrace/contracts';
import { AppProcess } from '../e2e/app-process';
import { buildApps } from '../e2e/checkout';
import { get, post, sampleOf } from '../e2e/http-calls';
import { KafkaLog } from '../e2e/kafka-log';
import type { Offsets } from '../e2e/kafka-log';
import { PARTITIONS, TOPIC } from '../e2e/scene';
import { FORGED_TEXTS, HOSTILE_BODIES } from './hostile-http/corpus';
import { RawConnection, headersOf } from './hostile-http/raw-connection';

const MEGABYTE = 1_048_576;
const GOOD = JSON.stringify({ metal: 'gold', price: 2031.5 });
const KEY = `canary-${randomBytes(8).toString('hex')}`;
/** What answers and buffers of one request may cost; a body that is kept costs a hundred. */
const FLAT_MEGABYTES = 60;

describe('a producer among strangers', () => {
  const run = `hostile-${randomBytes(4).toString('hex')}`;
  const dir = mkdtempSync(join(tmpdir(), 'millrace-hostile-'));
  const kafka = new KafkaLog(process.env['KAFKA_BROKERS'] ?? '');
  let producer: AppProcess;
  let before: Offsets;

  beforeAll(async () => {
    const keys = join(dir, 'keys');
    writeFileSync(keys, `team-a sha256:${createHash('sha256').update(KEY).digest('hex')}\n`);
    await Promise.all([buildApps(), kafka.connect()]);
    await kafka.createTopics([TOPIC], PARTITIONS);
    before = await kafka.ends(TOPIC);
    producer = await AppProcess.start('producer', {
      KAFKA_BROKERS: process.env['KAFKA_BROKERS'] ?? '',
      ...{ HTTP_API_KEYS_FILE: keys, HTTP_GZIP: 'true', LOG_LEVEL: 'debug' },
    });
    await producer.whenReady();
  }, 120_000);

  afterAll(async () => {
    await Promise.all([producer.stop('SIGTERM'), kafka.close()]);
    rmSync(dir, { recursive: true });
  }, 30_000);

  const signed = { 'x-api-key': KEY };
  const send = (body: string, headers: Readonly<Record<string, string>> = signed) =>
    post(`${producer.url}/produce`, body, headers);
  const residentMegabytes = async () => {
    const { text } = await get(`${producer.url}/metrics`);
    return (sampleOf(text, 'process_resident_memory_bytes') ?? 0) / MEGABYTE;
  };
  /** Runs work and looks at the memory meanwhile. @returns how far it rose above the begin. */
  const growthDuring = async (work: Promise<unknown>) => {
    const begin = await residentMegabytes();
    let highest = begin;
    let isOver = false;
    const over = work.finally(() => (isOver = true));
    while (!isOver) highest = Math.max(highest, await residentMegabytes());
    await over;
    return Math.max(highest, await residentMegabytes()) - begin;
  };
  const publishedIds = async () => {
    const records = await kafka.readSince(TOPIC, before);
    const ids = records.map(({ headers }) => headers.get(EVENT_HEADERS.id) ?? '');
    return ids.filter((id) => id.startsWith(run)).sort();
  };

  it('[S17] answers 100 MB that are announced with 413 before they are sent', async () => {
    const connection = await RawConnection.open(producer.url);
    const startedAtMs = performance.now();
    const request = headersOf('/produce', 100 * MEGABYTE, `x-api-key: ${KEY}\r\n`);
    expect(await connection.ask(request)).toBe(413);
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
    connection.end();
  });

  it('[S17] keeps nothing of 100 MB that nobody announced', async () => {
    const piece = Buffer.alloc(MEGABYTE, ' ');
    let pieces = 0;
    const body = new ReadableStream({
      pull: (stream) => (pieces++ < 100 ? stream.enqueue(piece) : stream.close()),
    });
    const sent = fetch(`${producer.url}/produce`, {
      ...{ method: 'POST', body, duplex: 'half' },
      headers: { ...signed, 'content-type': 'application/json' },
    });
    expect(await growthDuring(sent)).toBeLessThan(FLAT_MEGABYTES);
    expect((await sent).status).toBe(413);
  }, 30_000);

  it('[S17] answers a gzip bomb of 512 MB with 413, and keeps nothing of it', async () => {
    const bomb = gzipSync(Buffer.alloc(512 * MEGABYTE));
    const request = {
      method: 'POST',
      body: bomb,
      headers: { ...signed, 'content-encoding': 'gzip', 'content-type': 'application/json' },
    };
    const routes = ['/produce', '/produce/batch'];
    const sent = Promise.all(routes.map((route) => fetch(`${producer.url}${route}`, request)));
    // 520 KB on the wire: longer than one event may be, shorter than a batch.
    expect(bomb.length).toBeGreaterThan(262_144);
    expect(await growthDuring(sent)).toBeLessThan(FLAT_MEGABYTES);
    expect((await sent).map(({ status }) => status)).toEqual([413, 413]);
  }, 30_000);

  it.each(['S5', 'S6', 'S10'] as const)(
    '[%s] takes nothing of its corpus in',
    async (row) => {
      const answers = await Promise.all(
        HOSTILE_BODIES[row].map((body, index) =>
          send(body, { ...signed, 'idempotency-key': `${run}-${row}-${index}` }),
        ),
      );
      const accepted = HOSTILE_BODIES[row].filter((_, index) => answers[index]?.status !== 400);
      expect(accepted).toEqual([]);
      const batch = await post(`${producer.url}/produce/batch`, HOSTILE_BODIES[row].join('\n'), {
        ...{
          ...signed,
          'content-type': 'application/x-ndjson',
          'idempotency-key': `${run}-${row}`,
        },
      });
      expect(batch.status).toBe(207);
      const { results } = JSON.parse(batch.text) as { results: Array<{ status: number }> };
      expect(new Set(results.map(({ status }) => status))).toEqual(new Set([400]));
      // The control: the topic shows what is taken in.
      const control = `${run}-control-${row}`;
      expect((await send(GOOD, { ...signed, 'idempotency-key': control })).status).toBe(200);
      expect((await publishedIds()).filter((id) => id.includes(row))).toEqual([control]);
    },
    60_000,
  );

  it('[S10] stores the largest integer and the time as they were sent', async () => {
    const price = {
      metal: 'gold',
      price: 9007199254740991,
      currency: 'USD',
      observedAt: '2024-02-29T23:59:59.999Z',
    };
    const key = `${run}-exact`;
    expect((await send(JSON.stringify(price), { ...signed, 'idempotency-key': key })).status).toBe(
      200,
    );
    const records = await kafka.readSince(TOPIC, before);
    const record = records.find(({ headers }) => headers.get(EVENT_HEADERS.id) === key);
    expect(JSON.parse(String(record?.value))).toEqual(price);
  }, 60_000);

  it('[S17] answers a flood of headers with 431, and goes on', async () => {
    for (const flood of ['x: y\r\n'.repeat(10_000), `x: ${'y'.repeat(100_000)}\r\n`]) {
      const connection = await RawConnection.open(producer.url);
      expect(await connection.ask(headersOf('/produce', 2, flood))).toBe(431);
      connection.end();
    }
    expect((await send(GOOD)).status).toBe(200);
  });

  it('[S13] writes one line of JSON per event, whatever strangers send', async () => {
    for (const text of FORGED_TEXTS) {
      await send(JSON.stringify({ metal: text, [text]: text, price: 1, currency: text }));
      await get(`${producer.url}/${encodeURIComponent(text)}?${encodeURIComponent(text)}`);
      for (const header of ['x-correlation-id', 'user-agent', 'idempotency-key', 'x-api-key']) {
        const raw = await RawConnection.open(producer.url);
        await raw.ask(headersOf('/produce', 0, `${header}: ${text}\r\nConnection: close\r\n`));
        raw.end();
      }
      const path = await RawConnection.open(producer.url);
      await path.ask(`GET /${text} HTTP/1.1\r\nHost: producer\r\nConnection: close\r\n\r\n`);
      path.end();
    }
    const after = `/after-${run}`;
    await get(`${producer.url}${after}`);
    await producer.whenLogged(after);
    expect(producer.plain).toEqual([]);
    expect(
      producer.lines.filter(({ event, level }) => event === 'forged' || level === 'fatal'),
    ).toEqual([]);
    // After JSON.parse a control can only be text that was escaped; a raw one would have made a line of its own.
    expect(producer.lines.length).toBeGreaterThan(FORGED_TEXTS.length);
  }, 30_000);

  it('[S14] refuses whoever has no key, with one text, and writes no key anywhere', async () => {
    const strangers: ReadonlyArray<Readonly<Record<string, string>>> = [
      {},
      { 'x-api-key': `${KEY}x` },
      { authorization: `Bearer x${KEY}` },
    ];
    const routes = ['/produce', '/produce/batch', '/sources/generator/run'];
    const answers = await Promise.all(
      strangers.flatMap((headers) =>
        routes.map((route) => post(`${producer.url}${route}`, GOOD, headers)),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const page = await get(`${producer.url}/metrics`);
    const written = JSON.stringify([producer.lines, producer.plain, answers, page.text]);
    expect(written).not.toContain(KEY);
  });
});
