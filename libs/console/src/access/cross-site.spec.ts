import { ConsoleLab } from '../fakes/console.lab';

describe('a request that another site made a browser send', () => {
  let lab: ConsoleLab;
  beforeAll(async () => {
    lab = await ConsoleLab.open({ env: { CONSOLE_ORIGINS: 'https://ops.example.com' } });
  });
  afterAll(() => lab.close());

  const pause = (headers: Record<string, string | undefined>) =>
    lab.as('operator').post('/handlers/orders/pause', { reason: 'spec' }, headers);

  it.each([
    ['another origin', { Origin: 'https://evil.example' }],
    ['an origin that is none', { Origin: 'null' }],
    ['the same host on another port', { Origin: 'http://127.0.0.1:1' }],
    ['a cross-site request by its own word', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a request of a sibling domain', { 'Sec-Fetch-Site': 'same-site' }],
    ['a host of somebody else', { Host: 'evil.example' }],
  ])('is refused: %s', async (_what, headers) => {
    const { status, body } = await pause(headers);
    expect([status, body.code]).toEqual([403, 'CONSOLE_ORIGIN_REFUSED']);
    expect(lab.audit.entries.filter(({ action }) => action === 'pause')).toEqual([]);
  });

  it('is refused without its own header, also with a token', async () => {
    const { status, body } = await pause({ 'X-Millrace-Console': undefined });
    expect([status, body.issues[0].path]).toEqual([400, 'headers.X-Millrace-Console']);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', undefined])(
    'is refused with the content type %s',
    async (type) => {
      const { status, body } = await pause({ 'Content-Type': type });
      expect([status, body.code]).toEqual([415, 'CONSOLE_MEDIA_TYPE']);
    },
  );

  it('is refused with a cookie and without an origin', async () => {
    const { headers } = await lab.as('operator').post('/session', {});
    const Cookie = headers['set-cookie']?.[0]?.split(';')[0];
    const send = (Origin?: string) =>
      lab.as().post('/handlers/orders/resume', { reason: 'spec' }, { Cookie, Origin });
    expect((await send()).status).toBe(403);
    expect((await send(`http://127.0.0.1:${lab.port}`)).status).toBe(200);
  });

  it('is none when it comes from the page itself, or through a proxy that was named', async () => {
    const own = { Origin: `http://127.0.0.1:${lab.port}`, 'Sec-Fetch-Site': 'same-origin' };
    const proxied = { Origin: 'https://ops.example.com', Host: 'ops.example.com' };
    expect([(await pause(own)).status, (await pause(proxied)).status]).toEqual([200, 200]);
  });

  it('gets no permission to read: there are no headers of CORS', async () => {
    const { headers } = await lab.as('viewer').get('/handlers', { Origin: 'https://evil.example' });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});
