import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { EVENT_HEADERS } from 'millrace/contracts';
import { DEAD_LETTER_HEADERS } from 'millrace/pipeline';
import { eventually } from 'millrace/testing';
import { METALS_GROUPS } from '../../apps/processor/src/metals/metals.groups';
import { freePort } from '../e2e/app-process';
import type { AppProcess } from '../e2e/app-process';
import { get, post } from '../e2e/http-calls';
import type { Answer } from '../e2e/http-calls';
import { priceOf, priceRecord } from '../e2e/price-records';
import { DEAD_LETTER_TOPIC, PARTITIONS, Scene, TOPIC } from '../e2e/scene';

const RECORDS = 60;
// More of them among the good ones would stop the line.
const BAD = 4;
const GROUP = METALS_GROUPS.prices;
const PATIENCE = { timeoutMs: 60_000, intervalMs: 200 };

interface HandlerLine {
  readonly id: string;
  readonly lag: number;
  readonly state: string;
  readonly pauses: ReadonlyArray<{ readonly processes: number; readonly applied: number }>;
}

interface LetterLine {
  readonly position: unknown;
  readonly eventId: string;
  readonly redriveCount: number;
}

describe('the console of a processor on real engines', () => {
  const token = randomBytes(32).toString('base64url');
  const since = new Date().toISOString();
  let scene: Scene;
  let processor: AppProcess;
  let api: string;
  let sent = 0;

  beforeAll(async () => {
    scene = await Scene.open('console');
    const port = await freePort();
    api = `http://127.0.0.1:${port}/console/api/v1`;
    const sha256 = createHash('sha256').update(token).digest('hex');
    processor = await scene.startReady('processor', {
      CONSOLE_ENABLED: 'true',
      CONSOLE_PORT: String(port),
      CONSOLE_TOKEN_HASH: `operator/olga:${sha256}`,
    });
    await eventually(async () => (await handler()).state === 'Stable', {
      ...PATIENCE,
      what: GROUP,
    });
  }, 240_000);

  afterAll(async () => scene.close(), 60_000);

  const ask = async (path: string): Promise<Answer> => {
    const response = await fetch(api + path, { headers: { Authorization: `Bearer ${token}` } });
    const text = await response.text();
    const body = JSON.parse(text) as Answer['body'];
    return { status: response.status, headers: response.headers, text, body };
  };
  const steer = (path: string, body: unknown) =>
    post(api + path, body, {
      Authorization: `Bearer ${token}`,
      'X-Millrace-Console': '1',
      'Idempotency-Key': randomUUID(),
    });
  const handler = async (): Promise<HandlerLine> => {
    const { body } = await ask(`/handlers?group=${GROUP}`);
    const handlers = body['handlers'] as readonly HandlerLine[] | undefined;
    return handlers?.[0] ?? { id: '', lag: -1, state: 'unknown', pauses: [] };
  };
  const send = async (count: number) => {
    const records = Array.from({ length: count }, (_, index) =>
      priceRecord(priceOf(index), `${scene.run}-${sent + index}`, index % PARTITIONS),
    );
    await scene.kafka.send(TOPIC, records);
    sent += count;
  };

  it('[OPS-03] [CON-09] pauses a handler: it stays ready, its lag rises, and it goes on when resumed', async () => {
    const paused = await steer(`/handlers/${GROUP}/pause`, { reason: 'e2e' });
    expect(paused.status).toBe(200);
    const isApplied = async () => (await handler()).pauses[0]?.applied === 1;
    await eventually(isApplied, { ...PATIENCE, what: 'an applied pause' });
    await send(RECORDS);
    await eventually(async () => (await handler()).lag === RECORDS, { ...PATIENCE, what: 'lag' });
    expect((await get(`${processor.url}/readyz`)).status).toBe(200);
    expect(await scene.store.count()).toBe(0);

    const resumed = await steer(`/handlers/${GROUP}/resume`, { reason: 'e2e' });
    expect([resumed.status, resumed.body['changed']]).toEqual([200, true]);
    await eventually(async () => (await handler()).lag === 0, { ...PATIENCE, what: 'no lag' });
    expect(await scene.store.count()).toBe(RECORDS);
  }, 180_000);

  it('[OPS-03] shows dead letters and sends them back to the group that failed, once each', async () => {
    const bad = Array.from({ length: BAD }, (_, index) => {
      const good = priceRecord(priceOf(index), `${scene.run}-bad-${index}`, index);
      return { ...good, value: Buffer.from('{"metal":"gold","price":') };
    });
    await scene.kafka.send(TOPIC, bad);
    const query = `groupId=${GROUP}&since=${since}&limit=100`;
    const letters = async () => {
      const { body } = await ask(`/dead-letters?${query}`);
      const found = body['letters'] as unknown as readonly LetterLine[];
      // The brokers are shared: what a run before left in the retry topic may come now.
      return found.filter(({ eventId }) => eventId.startsWith(scene.run));
    };
    const arrived = async () => (await letters()).length === BAD;
    await eventually(arrived, { ...PATIENCE, what: `${BAD} dead letters` });

    const positions = (await letters()).map(({ position }) => position);
    const dry = await steer('/dead-letters/redrive', { positions });
    expect([dry.status, dry.body]).toMatchObject([200, { matching: BAD, dryRun: true }]);
    const order = { positions, dryRun: false, reason: 'e2e', ratePerSecond: 500 };
    const started = await steer('/dead-letters/redrive', order);
    expect(started.status).toBe(202);
    const id = started.body['id'] as unknown as string;
    const isDone = async () => (await ask(`/redrives/${id}`)).body['state'] === ('done' as never);
    await eventually(isDone, { ...PATIENCE, what: 'the end of the redrive' });
    expect((await ask(`/redrives/${id}`)).body['progress']).toMatchObject({ redriven: BAD });

    // They are as bad as before: each comes back once, and says so.
    const isBack = async () => (await letters()).length === 2 * BAD;
    await eventually(isBack, { ...PATIENCE, what: 'letters that came back' });
    const back = (await letters()).filter(({ redriveCount }) => redriveCount === 1);
    expect(new Set(back.map(({ eventId }) => eventId)).size).toBe(BAD);

    // A foreign client sees the same, and that no other group got them again.
    const records = await scene.kafka.readSince(DEAD_LETTER_TOPIC, scene.deadLettersBefore);
    const own = records.filter(({ headers }) =>
      headers.get(EVENT_HEADERS.id)?.startsWith(scene.run),
    );
    const groups = own.map(({ headers }) => headers.get(DEAD_LETTER_HEADERS.consumerGroup));
    const countOf = (groupId: string) => groups.filter((name) => name === groupId).length;
    const { prices, latest, candles } = METALS_GROUPS;
    expect([prices, latest, candles].map(countOf)).toEqual([2 * BAD, BAD, BAD]);
  }, 180_000);

  it('[OPS-03] tells afterwards who did what and why', async () => {
    const { body } = await ask('/activity?limit=100');
    const entries = body['entries'] as unknown as ReadonlyArray<Record<string, unknown>>;
    const own = entries.filter(({ by }) => by === 'olga').map(({ action }) => action);
    expect(own).toEqual(expect.arrayContaining(['redrive.start', 'resume', 'pause']));
    expect(processor.lines.some((line) => JSON.stringify(line).includes(token))).toBe(false);
  });
});
