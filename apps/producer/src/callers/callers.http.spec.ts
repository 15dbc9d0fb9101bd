import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import request from 'supertest';
import { producerApp } from '../../../../test/apps/producer-app';
import type { ProducerApp } from '../../../../test/apps/producer-app';
import { Callers } from './callers';

const gold = { metal: 'gold', price: 2031.5 };
const KEY = 'canary-key-of-team-a';
const OTHER_KEY = 'canary-key-of-team-b';
const ROUTES = ['/produce', '/produce/batch', '/sources/generator/run', '/sources/file/replay'];

describe('HTTP_API_KEYS_FILE [S17]', () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-keys-'));
  const file = join(dir, 'keys');
  let producer: ProducerApp;

  const allow = (...keys: ReadonlyArray<readonly [name: string, key: string]>) => {
    const lines = keys.map(
      ([name, key]) => `${name} sha256:${createHash('sha256').update(key).digest('hex')}`,
    );
    writeFileSync(file, lines.join('\n'));
  };
  const post = (headers: Readonly<Record<string, string>> = {}, route = '/produce') =>
    request(producer.url).post(route).set(headers).send(gold);
  const refresh = () => producer.app.get(Callers, { strict: false }).refresh();

  beforeAll(async () => {
    allow(['team-a', KEY]);
    producer = await producerApp({ HTTP_API_KEYS_FILE: file });
  });
  beforeEach(async () => {
    allow(['team-a', KEY]);
    await refresh();
    producer.driver.published.length = 0;
  });
  afterAll(async () => {
    await producer.app.close();
    rmSync(dir, { recursive: true });
  });

  it.each([
    ['Authorization: Bearer', { authorization: `Bearer ${KEY}` }],
    ['authorization in other letters', { authorization: `bearer  ${KEY} ` }],
    ['x-api-key', { 'x-api-key': KEY }],
  ])('takes a key as %s', async (_, headers) => {
    expect((await post(headers)).status).toBe(200);
  });

  const STRANGERS: ReadonlyArray<readonly [string, Readonly<Record<string, string>>]> = [
    ['no key', {}],
    ['a wrong key', { 'x-api-key': OTHER_KEY }],
    ['the hash of a key', { 'x-api-key': createHash('sha256').update(KEY).digest('hex') }],
    ['an empty key', { 'x-api-key': '' }],
    ['a key twice', { 'x-api-key': `${KEY}, ${KEY}` }],
    ['another scheme', { authorization: `Basic ${KEY}` }],
    ['a wrong key before a good one', { authorization: 'Bearer wrong', 'x-api-key': KEY }],
  ];

  it('answers every stranger with the same 401 on every route, and repeats no key', async () => {
    const answers = await Promise.all(
      STRANGERS.flatMap(([, headers]) => ROUTES.map((route) => post(headers, route))),
    );
    const texts = new Set(answers.map(({ status, text }) => `${status} ${text}`));
    expect([...texts]).toEqual([expect.stringMatching(/^401 .*"AUTHENTICATION_REQUIRED"/)]);
    expect([...texts][0]).not.toMatch(/canary/);
    expect(new Set(answers.map(({ headers }) => headers['www-authenticate']))).toEqual(
      new Set(['Bearer']),
    );
    expect(producer.driver.published).toEqual([]);
  });

  it.each(STRANGERS)('refuses %s', async (_, headers) => {
    expect((await post(headers)).status).toBe(401);
  });

  it('refuses whoever asks for a route in other letters, or with a slash', async () => {
    const answers = await Promise.all(
      ['/Produce', '/produce/', '/PRODUCE/BATCH', '/produce?x=1', '/Sources/Ledger/'].map(
        (route) => (/ledger/i.test(route) ? request(producer.url).get(route) : post({}, route)),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
  });

  it('reads no body of a stranger: the answer comes before the body', async () => {
    const socket = connect(Number(new URL(producer.url).port), '127.0.0.1');
    socket.write('POST /produce HTTP/1.1\r\nHost: lab\r\nContent-Type: application/json\r\n');
    socket.write('Content-Length: 20\r\n\r\n{"metal"');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1.1 401 /);
    socket.destroy();
  });

  it('asks nobody at the probes and the metrics', async () => {
    const paths = ['/livez', '/metrics', '/startupz'];
    const answers = await Promise.all(paths.map((path) => request(producer.url).get(path)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('takes a new key and drops an old one while it runs', async () => {
    allow(['team-b', OTHER_KEY]);
    expect(await refresh()).toBe(true);
    const both = [{ 'x-api-key': KEY }, { 'x-api-key': OTHER_KEY }].map((headers) => post(headers));
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([401, 200]);
  });

  it('goes on with the keys before a broken file, and never prints what is in it', async () => {
    const said: unknown[] = [];
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation((...parts) => {
      said.push(parts);
    });
    writeFileSync(file, `team-a ${KEY}`);
    expect(await refresh()).toBe(false);
    expect((await post({ 'x-api-key': KEY })).status).toBe(200);
    expect(JSON.stringify(said)).toContain('stays as it was');
    expect(JSON.stringify(said)).not.toContain('canary');
    warn.mockRestore();
  });

  it('refuses to start with a list that cannot be used', async () => {
    const start = (path: string) => producerApp({ HTTP_API_KEYS_FILE: path });
    await expect(start(join(dir, 'nowhere'))).rejects.toMatchObject({ code: 'TLS_FILE_MISSING' });
    writeFileSync(file, KEY);
    await expect(start(file)).rejects.toMatchObject({ code: 'API_KEYS_INVALID' });
  });

  it('counts requests by key, whatever the address, and each key for itself', async () => {
    allow(['team-a', KEY], ['team-b', OTHER_KEY]);
    const limited = await producerApp({
      ...{ HTTP_API_KEYS_FILE: file, THROTTLE_PER_MINUTE: '1', HTTP_TRUSTED_PROXIES: '127.0.0.1' },
    });
    const send = (key: string, address: string) =>
      request(limited.url)
        .post('/produce')
        .set({ 'x-api-key': key, 'x-forwarded-for': address })
        .send(gold);
    const statuses = [
      (await send(KEY, '203.0.113.1')).status,
      (await send(KEY, '203.0.113.2')).status,
      (await send(OTHER_KEY, '203.0.113.2')).status,
    ];
    expect(statuses).toEqual([200, 429, 200]);
    await limited.app.close();
  });
});

describe('THROTTLE_PER_MINUTE without keys', () => {
  const statusesOf = async (env: Readonly<Record<string, string>>) => {
    const { app, url } = await producerApp({ THROTTLE_PER_MINUTE: '1', ...env });
    const send = (address: string) =>
      request(url).post('/produce').set('x-forwarded-for', address).send(gold);
    const statuses = [(await send('203.0.113.1')).status, (await send('203.0.113.2')).status];
    await app.close();
    return statuses;
  };

  it('counts by address; X-Forwarded-For is believed only from a trusted proxy', async () => {
    expect(await statusesOf({})).toEqual([200, 429]);
    expect(await statusesOf({ HTTP_TRUSTED_PROXIES: '127.0.0.0/8' })).toEqual([200, 200]);
  });
});
