import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { eventually } from 'millrace/testing';
import type { AppProcess } from './app-process';
import { ROOT, engines } from './checkout';
import { post } from './http-calls';
import { priceOf } from './price-records';
import { DEAD_LETTER_TOPIC, GROUPS, Scene, TOPIC } from './scene';

const CLIENTS = 4;
const BATCHES_PER_CLIENT = 40;
const BATCH_ITEMS = 25;
const RECORDS = CLIENTS * BATCHES_PER_CLIENT * BATCH_ITEMS;
const RETRY_PAUSE_MS = 200;

/** Only a broker that our own tools started may be stopped by a test. */
const folder = ownEngines();

(folder === undefined ? describe.skip : describe)(
  `the broker restarts under load${folder === undefined ? ' (no local engines in ENGINES_DIR)' : ''}`,
  () => {
    let scene: Scene;
    let apps: readonly [AppProcess, AppProcess];
    let storedAtStop = 0;
    const accepted = new Set<string>();
    const refusals = new Map<number, number>();

    beforeAll(async () => {
      scene = await Scene.open('restart');
      const env = { KAFKA_SESSION_TIMEOUT_MS: '10000', KAFKA_HEARTBEAT_INTERVAL_MS: '1000' };
      apps = await Promise.all([scene.startReady('producer'), scene.startReady('processor', env)]);
      const load = Promise.all(Array.from({ length: CLIENTS }, (_, client) => sendAll(client)));
      storedAtStop = await eventually(async () => over(RECORDS / 10, await scene.store.count()), {
        timeoutMs: 30_000,
        what: 'the first tenth is stored',
      });
      await engines('stop-broker', `--dir=${folder}`);
      // Clients must have met the outage, or the restart has tested nothing.
      await eventually(() => refusals.get(503), { timeoutMs: 20_000, what: 'a refusal' });
      await engines('start-broker', `--dir=${folder}`);
      await load;
      const isComplete = async () => (await scene.store.compare(accepted)).missing.length === 0;
      await eventually(isComplete, { timeoutMs: 60_000, intervalMs: 250, what: 'all are stored' });
    }, 180_000);

    afterAll(async () => scene.close(), 60_000);

    /** As a careful client does: the same batch with the same key until all of it is accepted. */
    async function sendAll(client: number): Promise<void> {
      for (let batch = 0; batch < BATCHES_PER_CLIENT; batch += 1) {
        const key = `${scene.run}-${client}-${batch}`;
        const items = Array.from({ length: BATCH_ITEMS }, (_, index) => priceOf(batch + index));
        while (!(await isAccepted(key, items))) {
          await new Promise((wake) => setTimeout(wake, RETRY_PAUSE_MS));
        }
        items.forEach((_, index) => accepted.add(`${key}:${index}`));
      }
    }

    async function isAccepted(key: string, items: readonly object[]): Promise<boolean> {
      const url = `${apps[0].url}/produce/batch`;
      const { status, body } = await post(url, items, { 'idempotency-key': key });
      const results = (body['results'] ?? []) as ReadonlyArray<{ readonly status: number }>;
      for (const item of results.filter(({ status: one }) => one !== 200)) {
        refusals.set(item.status, (refusals.get(item.status) ?? 0) + 1);
      }
      return status === 200;
    }

    it('met the load in its middle', () => {
      expect(storedAtStop).toBeGreaterThan(0);
      expect(storedAtStop).toBeLessThan(RECORDS);
    });

    it('refuses with 503 and nothing else while the broker is away', () => {
      expect([...refusals.keys()]).toEqual([503]);
    });

    it('loses nothing and stores nothing twice: the flow resumes by itself [DEL-01] [M-07]', async () => {
      expect(accepted.size).toBe(RECORDS);
      expect(await scene.store.compare(accepted)).toEqual({
        missing: [],
        twice: [],
        unexpected: [],
      });
    });

    it('comes back to lag 0 and to ready, in the same processes [M-07]', async () => {
      const isBack = async () => {
        const lags = await Promise.all(GROUPS.map((groupId) => scene.kafka.lag(groupId, TOPIC)));
        const ready = await Promise.all(apps.map(({ url }) => fetch(`${url}/readyz`)));
        return lags.every((lag) => lag === 0n) && ready.every(({ ok }) => ok);
      };
      expect(await eventually(isBack, { timeoutMs: 30_000, intervalMs: 250 })).toBe(true);
      expect(apps.map(({ exit }) => exit)).toEqual([undefined, undefined]);
    }, 40_000);

    it('sets nothing aside: an outage is no error of the data', async () => {
      expect(await scene.kafka.readSince(DEAD_LETTER_TOPIC, scene.deadLettersBefore)).toEqual([]);
    });
  },
);

const over = (least: number, count: number) => (count > least ? count : 0);

function ownEngines(): string | undefined {
  const dir = process.env['ENGINES_DIR'];
  if (dir === undefined) return undefined;
  const file = join(resolve(ROOT, dir), 'state.json');
  const isLocal = existsSync(file) && /"kind":\s*"local"/.test(readFileSync(file, 'utf8'));
  return isLocal ? resolve(ROOT, dir) : undefined;
}
