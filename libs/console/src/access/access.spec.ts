import { systemClock } from 'millrace/retry';
import { eventually } from 'millrace/testing';
import { ConsoleLab, HASHES, TOKENS, labSettings, sha256 } from '../fakes/console.lab';
import type { ConsoleLabOptions } from '../fakes/console.lab';
import { API_PATH } from '../routes/route-table';

describe('who may use the console', () => {
  let lab: ConsoleLab;
  const open = async (options?: ConsoleLabOptions) => (lab = await ConsoleLab.open(options));
  afterEach(() => lab.close());

  const withToken = (token: string) =>
    lab.as().get('/handlers', { Authorization: `Bearer ${token}` });

  it('tells an expired token from an unknown one', async () => {
    await open();
    const [expired, unknown] = [await withToken(TOKENS.expired), await withToken('other')];
    expect([expired.status, expired.body.code]).toEqual([401, 'CONSOLE_TOKEN_EXPIRED']);
    expect([unknown.status, unknown.body.code]).toEqual([401, 'CONSOLE_UNAUTHENTICATED']);
    expect(unknown.headers['www-authenticate']).toContain('Bearer');
  });

  it('lets an address wait that has tried too many unknown tokens', async () => {
    let offsetMs = 0;
    const monotonicMs = () => performance.now() + offsetMs;
    await open({ clock: { ...systemClock, monotonicMs } });
    for (let count = 0; count < 10; count += 1) await withToken('other');
    const limited = await withToken(TOKENS.viewer);
    expect([limited.status, limited.body.code]).toEqual([429, 'CONSOLE_LOGIN_LIMITED']);
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
    offsetMs = 61_000;
    expect((await withToken(TOKENS.viewer)).status).toBe(200);
  });

  it('exchanges a token for a cookie that scripts cannot read and other sites cannot send', async () => {
    await open();
    const begun = await lab.as('operator').post('/session', {});
    const [cookie = ''] = begun.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/; Path=\/console; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
    expect(cookie).not.toContain(TOKENS.operator);
    const Cookie = cookie.split(';')[0];
    expect((await lab.as().get('/handlers', { Cookie })).status).toBe(200);
    const Origin = `http://127.0.0.1:${lab.port}`;
    expect((await lab.as().post('/session/end', {}, { Cookie, Origin })).status).toBe(204);
    expect((await lab.as().get('/handlers', { Cookie })).status).toBe(401);
  });

  it('keeps no session beyond the expiry of its token', async () => {
    let now = Date.now();
    const until = new Date(now + 5_000).toISOString();
    const env = { CONSOLE_TOKEN_HASH: `viewer:${sha256(TOKENS.viewer)}@${until}` };
    await open({ env, clock: { ...systemClock, now: () => now } });
    const { headers } = await lab.as('viewer').post('/session', {});
    const Cookie = (headers['set-cookie']?.[0] ?? '').split(';')[0];
    now += 4_000;
    expect((await lab.as().get('/config', { Cookie })).status).toBe(200);
    now += 2_000;
    const late = await lab.as().get('/config', { Cookie });
    expect([late.status, late.body.code]).toEqual([401, 'CONSOLE_TOKEN_EXPIRED']);
  });

  describe('without a token of its own', () => {
    beforeEach(() => open({ env: { CONSOLE_TOKEN_HASH: undefined } }));
    const linkOf = () => /\/console\/login\?token=([\w-]{43})/.exec(lab.log.join('\n'));

    it('prints one link, which becomes a cookie and leaves the address', async () => {
      const [link = '', token = ''] = linkOf() ?? [];
      const answer = await lab.as().send('GET', link);
      expect([answer.status, answer.headers.location]).toEqual([303, `${API_PATH}/handlers`]);
      const Cookie = (answer.headers['set-cookie']?.[0] ?? '').split(';')[0];
      expect((await lab.as().get('/handlers', { Cookie })).status).toBe(200);
      expect(lab.log.join('\n').split(token)).toHaveLength(2);
      expect(`${answer.text}${answer.headers['set-cookie']?.join('')}`).not.toContain(token);
    });

    it('refuses a link with another token', async () => {
      const answer = await lab.as().send('GET', '/console/login?token=other');
      expect([answer.status, answer.body.code]).toEqual([401, 'CONSOLE_UNAUTHENTICATED']);
    });
  });

  it('has no link when there are tokens: they would end up in logs of proxies', async () => {
    await open();
    const answer = await lab.as().send('GET', `/console/login?token=${TOKENS.admin}`);
    expect(answer.status).toBe(404);
    expect(lab.log.join('')).not.toContain('/console/login');
  });

  describe('with an authorize hook', () => {
    it('asks it with action and pipeline, and takes its word for who acts', async () => {
      const asked: unknown[] = [];
      await open({
        env: { CONSOLE_TOKEN_HASH: undefined },
        authorize: ({ headers, user }, action, pipeline) => {
          asked.push([user, action, pipeline]);
          return { name: String(headers['x-user']), role: 'operator' };
        },
      });
      const headers = { 'X-User': 'olga' };
      const paused = await lab.as().post('/handlers/orders/pause', { reason: 'hook' }, headers);
      const body = { groupId: 'orders', topic: 'orders', from: 'beginning' };
      await lab.as().post('/replay', body, headers);
      expect([paused.status, asked]).toEqual([
        200,
        [
          [null, 'pause', 'orders'],
          [null, 'replay', 'orders'],
        ],
      ]);
      expect(lab.audit.entries).toMatchObject([{ by: 'olga', action: 'pause' }]);
    });

    it('does nothing when it says no: 401 for nobody, 403 for a known user', async () => {
      await open({ authorize: async () => null });
      const call = (token?: 'admin') =>
        lab.as(token).post('/handlers/orders/pause', { reason: 'x' });
      expect([(await call()).status, (await call('admin')).status]).toEqual([401, 403]);
      expect(lab.audit.entries).toEqual([]);
    });

    it('does nothing when it fails, and keeps the reason to the log', async () => {
      await open({
        authorize: () => {
          throw new Error('directory canary is away');
        },
      });
      const answer = await lab.as('admin').post('/handlers/orders/pause', { reason: 'x' });
      expect([answer.status, answer.body.code]).toEqual([500, 'CONSOLE_FAILED']);
      expect(answer.text).not.toContain('canary');
      expect(lab.log.join('')).toContain('directory canary is away');
      expect(lab.audit.entries).toEqual([]);
    });
  });

  it('writes no token into a log, an answer or a metric', async () => {
    await open();
    const answers: string[] = [];
    for (const token of ['viewer', 'operator', 'admin', 'expired'] as const) {
      for (const path of ['/config', '/handlers', '/activity', '/openapi.json', '/nothing']) {
        answers.push(JSON.stringify(await lab.as(token).get(path)));
      }
      answers.push(JSON.stringify(await lab.as(token).post('/handlers/x/pause', { reason: 'r' })));
    }
    await eventually(() => lab.log.length > 2, { what: 'lines of the log' });
    const told = [...answers, ...lab.log, await lab.metrics.registry.metrics()].join('\n');
    for (const secret of [...Object.values(TOKENS), ...(HASHES.match(/[0-9a-f]{64}/g) ?? [])]) {
      expect(told).not.toContain(secret);
    }
  });
});

describe('the start of the console', () => {
  const load = (env: Record<string, string | undefined>) => () =>
    labSettings({ NODE_ENV: 'production', CONSOLE_TOKEN_HASH: undefined, ...env });

  it('[S16] is refused in production when nobody guards it', () => {
    expect(load({})).toThrow(/CONSOLE_TOKEN_MISSING|CONSOLE_TOKEN_HASH/);
    expect(load({ CONSOLE_ENABLED: undefined })).not.toThrow();
    expect(load({ CONSOLE_TOKEN_HASH: HASHES })).not.toThrow();
  });

  it('[S16] is refused when other machines reach it and nobody guards it', () => {
    expect(load({ NODE_ENV: 'test', CONSOLE_HOST: '0.0.0.0' })).toThrow(/CONSOLE_HOST/);
    expect(load({ NODE_ENV: 'test', CONSOLE_HOST: '127.0.0.1' })).not.toThrow();
  });

  it.each(['nobody', 'root:' + 'a'.repeat(64), 'viewer:canary', `viewer:${'a'.repeat(64)}@soon`])(
    'is refused with a token hash like %s, which is not repeated',
    (CONSOLE_TOKEN_HASH) => {
      expect(load({ CONSOLE_TOKEN_HASH })).toThrow(/CONSOLE_TOKEN_HASH.*entry 1/s);
      expect(load({ CONSOLE_TOKEN_HASH })).not.toThrow(/canary|soon|root|nobody/);
    },
  );
});
