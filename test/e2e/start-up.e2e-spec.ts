import { eventually } from 'millrace/testing';
import { APPS } from './app-process';
import type { AppName, AppProcess } from './app-process';
import { get, post } from './http-calls';
import { LateForwarder } from './late-forwarder';
import { priceOf, priceRecord } from './price-records';
import { Scene, TOPIC } from './scene';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
const CASES = APPS.flatMap((name) => SIGNALS.map((signal) => [name, signal] as const));

describe('starting and stopping a single app', () => {
  let scene: Scene;
  const forwarders: LateForwarder[] = [];

  beforeAll(async () => {
    scene = await Scene.open('start');
  }, 120_000);

  afterAll(async () => {
    await scene.close();
    await Promise.all(forwarders.map((forwarder) => forwarder.close()));
  }, 60_000);

  async function lateServer(address: string): Promise<LateForwarder> {
    const forwarder = await LateForwarder.to(address);
    forwarders.push(forwarder);
    return forwarder;
  }

  async function expectWaiting(app: AppProcess): Promise<void> {
    const { status, body } = await get(`${app.url}/readyz`);
    expect({ status, body }).toMatchObject({ status: 503, body: { status: 'error' } });
    for (const route of ['livez', 'startupz', 'metrics']) {
      expect(await get(`${app.url}/${route}`)).toMatchObject({ status: 200 });
    }
    expect((await get(`${app.url}/health`)).body).toMatchObject({ status: 'unavailable' });
  }

  /** Waiting is expected: it is no error, and takes one line for each attempt. */
  function expectCalmLog(app: AppProcess, what: string): void {
    const waiting = app.lines.filter(({ msg }) => msg.startsWith(`waiting for ${what}`));
    expect(waiting.map(({ level }) => level)).toEqual(waiting.map(() => 'info'));
    expect(waiting.slice(0, 3).map(({ msg }) => msg)).toEqual(
      [1, 2, 3].map((attempt) => `waiting for ${what} (attempt ${attempt})`),
    );
    const loud = app.lines.filter(({ level }) => ['error', 'fatal'].includes(level));
    expect(loud).toEqual([]);
    expect(app.plain).toEqual([]);
  }

  it.each(APPS)(
    'a %s waits for Kafka in readable lines and goes on by itself [HLT-06] [M-07]',
    async (name) => {
      const late = await lateServer(scene.brokers.split(',')[0] ?? '');
      const app = await scene.start(name, { KAFKA_BROKERS: late.address });
      await app.whenLogged(`waiting for kafka ${late.address} (attempt 3)`);
      await expectWaiting(app);
      expectCalmLog(app, `kafka ${late.address}`);
      await late.open();
      await app.whenReady();
      await app.whenLogged('connected to kafka');
      await expectFlow(name, app);
      expect(await app.stop('SIGTERM')).toMatchObject({ code: 0, signal: null });
    },
    60_000,
  );

  it('a producer answers 503 with Retry-After while Kafka is not there', async () => {
    const late = await lateServer(scene.brokers.split(',')[0] ?? '');
    const app = await scene.start('producer', { KAFKA_BROKERS: late.address });
    await app.whenLogged('waiting for kafka');
    const startedAtMs = performance.now();
    const { status, headers, body } = await post(`${app.url}/produce`, { metal: 'gold', price: 1 });
    expect(performance.now() - startedAtMs).toBeLessThan(4_000);
    expect({ status, body }).toMatchObject({ status: 503, body: { eventId: expect.any(String) } });
    expect(headers.get('retry-after')).toMatch(/^\d+$/);
    await app.stop('SIGTERM');
  }, 30_000);

  it('a processor waits for the database in readable lines and goes on by itself [HLT-06] [M-07]', async () => {
    const { host } = new URL(scene.mongoUri.replace(/^mongodb:/, 'http:'));
    const late = await lateServer(host);
    const app = await scene.start('processor', {
      MONGODB_URI: `mongodb://${late.address}/?directConnection=true`,
      MONGO_SERVER_SELECTION_TIMEOUT_MS: '500',
    });
    await app.whenLogged(`${late.address} (attempt 3)`);
    await expectWaiting(app);
    expectCalmLog(app, `mongo ${late.address}`);
    await late.open();
    await app.whenReady();
    await expectFlow('processor', app);
    expect(await app.stop('SIGTERM')).toMatchObject({ code: 0, signal: null });
  }, 60_000);

  async function expectFlow(name: AppName, app: AppProcess): Promise<void> {
    if (name === 'producer') {
      const answer = await post(`${app.url}/produce`, { metal: 'gold', price: 1 });
      expect(answer).toMatchObject({ status: 200 });
      return;
    }
    const id = `${scene.run}-${forwarders.length}`;
    await scene.kafka.send(TOPIC, [priceRecord(priceOf(1), id, 5)]);
    await eventually(() => scene.store.prices.findOne({ _id: id }), { what: `${id} is stored` });
  }

  it.each(CASES)(
    'a %s that serves exits with 0 at %s [HLT-04]',
    async (name, signal) => {
      const app = await scene.startReady(name);
      const { code, signal: by, durationMs } = await app.stop(signal);
      expect({ code, by }).toEqual({ code: 0, by: null });
      expect(durationMs).toBeLessThan(10_000);
      expect(app.lines.map(({ event }) => event)).toEqual(
        expect.arrayContaining(['app.ready', 'app.drain', 'app.stop']),
      );
      expect(app.lines.filter(({ level }) => level === 'error')).toEqual([]);
    },
    60_000,
  );

  it.each(CASES)(
    'a %s that still waits for Kafka exits with 0 at %s [HLT-04]',
    async (name, signal) => {
      const late = await lateServer('127.0.0.1:1');
      const app = await scene.start(name, { KAFKA_BROKERS: late.address });
      await app.whenLogged('waiting for kafka');
      expect(await app.stop(signal)).toMatchObject({ code: 0, signal: null });
    },
    60_000,
  );
});
