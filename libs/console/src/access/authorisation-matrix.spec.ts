import { ConsoleLab, DEAD_LETTERS } from '../fakes/console.lab';
import type { TokenName } from '../fakes/console.lab';
import { consoleRoutes } from '../routes/console.routes';
import type { ConsoleServices } from '../routes/services';
import { CONSOLE_ROLES } from './token-hashes';

/** A route, a call of it, and the status for each role; nobody is 401 everywhere. */
interface Row {
  readonly route: string;
  readonly path: string;
  readonly body?: unknown;
  readonly viewer: number;
  readonly operator: number;
  readonly admin: number;
}

const reason = 'spec';
const place = `${DEAD_LETTERS}/0/0`;
const all = (status: number) => ({ viewer: status, operator: status, admin: status });
const operators = (status: number) => ({ viewer: 405, operator: status, admin: status });
const position = { topic: DEAD_LETTERS, partition: 0, offset: '0' };
const replay = { groupId: 'orders', topic: 'orders', from: 'beginning' };
const forced = { filter: {}, force: true };

const MATRIX: readonly Row[] = [
  { route: 'GET /handlers', path: '/handlers', ...all(200) },
  { route: 'GET /lag', path: '/lag', ...all(200) },
  { route: 'GET /dead-letters', path: '/dead-letters', ...all(200) },
  { route: 'GET /dead-letters/groups', path: '/dead-letters/groups', ...all(200) },
  {
    route: 'GET /dead-letters/:topic/:partition/:offset',
    path: `/dead-letters/${place}`,
    ...all(200),
  },
  { route: 'GET /redrives', path: '/redrives', ...all(200) },
  { route: 'GET /redrives/:id', path: '/redrives/unknown', ...all(404) },
  { route: 'GET /replays', path: '/replays', ...all(200) },
  { route: 'GET /replays/:id', path: '/replays/unknown', ...all(404) },
  { route: 'GET /config', path: '/config', ...all(200) },
  { route: 'GET /activity', path: '/activity', ...all(200) },
  { route: 'GET /stream', path: '/stream', ...all(200) },
  { route: 'GET /asyncapi.json', path: '/asyncapi.json', ...all(200) },
  { route: 'GET /openapi.json', path: '/openapi.json', ...all(200) },
  { route: 'POST /session', path: '/session', body: {}, ...all(204) },
  { route: 'POST /session/end', path: '/session/end', body: {}, ...all(204) },
  {
    route: 'POST /handlers/:id/pause',
    path: '/handlers/orders/pause',
    body: { reason },
    ...operators(200),
  },
  {
    route: 'POST /handlers/:id/resume',
    path: '/handlers/orders/resume',
    body: { reason },
    ...operators(200),
  },
  {
    route: 'POST /handlers/:id/move',
    path: '/handlers/orders/move',
    body: { topic: 'orders', to: 'end' },
    ...operators(200),
  },
  {
    route: 'POST /lines/:group/resume',
    path: '/lines/orders/resume',
    body: { reason },
    ...operators(200),
  },
  {
    route: 'POST /dead-letters/redrive',
    path: '/dead-letters/redrive',
    body: { filter: {} },
    ...operators(200),
  },
  {
    route: 'POST /dead-letters/redrive',
    path: '/dead-letters/redrive',
    body: forced,
    viewer: 405,
    operator: 403,
    admin: 200,
  },
  {
    route: 'POST /dead-letters/park',
    path: '/dead-letters/park',
    body: { reason, positions: [position] },
    ...operators(200),
  },
  {
    route: 'POST /dead-letters/:topic/:partition/:offset/reveal',
    path: `/dead-letters/${place}/reveal`,
    body: { reason },
    viewer: 405,
    operator: 403,
    admin: 200,
  },
  {
    route: 'POST /redrives/:id/cancel',
    path: '/redrives/unknown/cancel',
    body: { reason },
    ...operators(404),
  },
  { route: 'POST /replay', path: '/replay', body: replay, ...operators(200) },
  {
    route: 'POST /replays/:id/cancel',
    path: '/replays/unknown/cancel',
    body: { reason },
    ...operators(404),
  },
];

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;

const routesOf = (lab: ConsoleLab) =>
  consoleRoutes({
    operations: lab.operations,
    console: { messages: 'on', redriveMaxRate: 1 },
  } as ConsoleServices).map(({ method, path }) => `${method} ${path}`);

describe('the authorisation matrix of the console', () => {
  let lab: ConsoleLab;
  beforeAll(async () => {
    lab = await ConsoleLab.open();
  });
  afterAll(() => lab.close());

  it('[OPS-03] has a row for every route, and no row for another one', () => {
    expect([...new Set(MATRIX.map(({ route }) => route))].sort()).toEqual(routesOf(lab).sort());
  });

  describe.each(MATRIX)('$route', ({ route, path, body, ...statuses }) => {
    const [method = ''] = route.split(' ');

    it.each(CONSOLE_ROLES)('[OPS-03] answers a %s as the matrix says', async (role) => {
      expect(await lab.as(role).statusOf(method, path, body)).toBe(statuses[role]);
    });

    it.each([undefined, 'expired'] as ReadonlyArray<TokenName | undefined>)(
      '[OPS-03] [S16] answers 401 to a caller whose token is %s, whatever the method',
      async (token) => {
        const found = METHODS.map((name) => lab.as(token).statusOf(name, path, undefined));
        expect([...new Set(await Promise.all(found))]).toEqual([401]);
      },
    );

    it('[OPS-03] [S16] answers 405 to every role for every other method', async () => {
      const others = METHODS.filter((name) => name !== method);
      const found = others.flatMap((name) =>
        CONSOLE_ROLES.map((role) => lab.as(role).statusOf(name, path, undefined)),
      );
      expect([...new Set(await Promise.all(found))]).toEqual([405]);
    });
  });

  it('does nothing for those whom it refuses', () => {
    const done = lab.audit.entries.map(({ by, action }) => `${by} ${action}`);
    expect(done.filter((entry) => /^(vera|erik) /.test(entry))).toEqual([]);
    expect(done).toContain('otto pause');
    expect(done.filter((entry) => entry.endsWith('reveal'))).toEqual(['ada dead-letters.reveal']);
  });
});
