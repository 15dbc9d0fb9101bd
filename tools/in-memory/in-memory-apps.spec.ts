import type { INestApplication } from '@nestjs/common';
import { eventually } from 'millrace/testing';
import request from 'supertest';
import { startInMemoryApps } from './in-memory-apps';

describe('the in-memory mode', () => {
  let apps: readonly INestApplication[] = [];
  let urls: readonly string[] = [];
  const get = (path: string, app = 0) => request(urls[app] ?? '').get(path);

  beforeAll(async () => {
    const env = { HTTP_PORT: '0', PROCESSOR_HTTP_PORT: '0', LOG_LEVEL: 'silent', NODE_ENV: 'test' };
    apps = await startInMemoryApps(env);
    urls = await Promise.all(apps.map((app) => app.getUrl()));
  });
  afterAll(async () => {
    for (const app of apps) await app.close();
  });

  it('brings every acknowledged price from the file to the storage, once', async () => {
    await request(urls[0] ?? '')
      .post('/sources/file/replay')
      .send({ file: 'gold-monthly' });
    await eventually(async () => {
      expect((await get('/in-memory/prices')).body.ids).toHaveLength(2_322);
      return true;
    });
    const { ids } = (await get('/sources/ledger')).body as { ids: readonly string[] };
    const stored = (await get('/in-memory/prices')).body as { ids: readonly string[] };
    expect(new Set(stored.ids)).toEqual(new Set(ids));
  });

  it('answers the queries of the processor', async () => {
    await eventually(async () => {
      expect((await get('/prices/latest', 1)).body.prices).toMatchObject([
        { metal: 'gold', price: 4228, eventId: 'gold-monthly:2026-06' },
      ]);
      return true;
    });
    expect((await get('/prices/gold?to=1834-01-01&limit=1', 1)).body.prices).toMatchObject([
      { eventId: 'gold-monthly:1833-12' },
    ]);
    await eventually(async () => {
      const { body } = await get('/candles/gold?interval=1y&limit=1', 1);
      expect(body.candles).toMatchObject([{ id: 'gold:USD:1y:2026-01-01', low: 4228 }]);
      return true;
    });
  });
});
