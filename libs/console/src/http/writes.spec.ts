import { MemoryBrokerDownError } from 'millrace/testing';
import { ConsoleLab } from '../fakes/console.lab';

describe('a write', () => {
  let lab: ConsoleLab;
  beforeEach(async () => {
    lab = await ConsoleLab.open();
  });
  afterEach(() => lab.close());

  const pause = (
    headers: Record<string, string | undefined> = {},
    body: unknown = { reason: 'r' },
  ) => lab.as('operator').post('/handlers/orders/pause', body, headers);

  it('that is repeated with its key gets the first answer and is not done again', async () => {
    const headers = { 'Idempotency-Key': 'one' };
    const answers = await Promise.all([pause(headers), pause(headers)]);
    answers.push(await pause(headers));
    expect(answers.map(({ status, text }) => [status, text])).toEqual(
      answers.map(() => [200, answers[0]?.text]),
    );
    const replayed = answers.filter(({ headers: got }) => got['idempotent-replayed'] === 'true');
    expect([lab.audit.entries.length, replayed.length]).toEqual([1, 2]);
  });

  it('with the key of another one is a conflict, and is not done', async () => {
    await pause({ 'Idempotency-Key': 'one' });
    const other = await pause({ 'Idempotency-Key': 'one' }, { reason: 'other' });
    expect([other.status, other.body.code]).toEqual([409, 'CONSOLE_IDEMPOTENCY_CONFLICT']);
    expect(lab.audit.entries).toHaveLength(1);
  });

  it('has a key of its own user: another one may use the same', async () => {
    await pause({ 'Idempotency-Key': 'one' });
    const other = await lab
      .as('admin')
      .post('/handlers/orders/resume', { reason: 'r' }, { 'Idempotency-Key': 'one' });
    expect(other.status).toBe(200);
  });

  it.each([undefined, '', 'with blank', 'x'.repeat(129)])('needs a key, not %p', async (key) => {
    const { status, body } = await pause({ 'Idempotency-Key': key });
    expect([status, body.issues[0].path]).toEqual([400, 'headers.Idempotency-Key']);
    expect(lab.audit.entries).toEqual([]);
  });

  it('is not done when it cannot be written down first: 503', async () => {
    const append = jest.spyOn(lab.audit, 'append');
    append.mockRejectedValue(new MemoryBrokerDownError());
    const { status, headers, body } = await pause();
    expect([status, headers['retry-after'], body.status]).toEqual([503, '1', 503]);
    expect((await lab.controls.read()).pauses).toEqual([]);
    append.mockRestore();
    expect((await pause()).status).toBe(200);
  });

  it.each([
    ['no reason', {}, 'body.reason'],
    ['an empty reason', { reason: '  ' }, 'body.reason'],
    ['a field that nobody knows', { reason: 'r', forever: true }, 'body.forever'],
    ['a partition that is none', { reason: 'r', topic: 'orders', partition: -1 }, 'body.partition'],
    ['a list', [], 'body'],
  ])('with %s is refused, naming the field', async (_what, sent, path) => {
    const { status, body } = await pause({}, sent);
    expect([status, body.code, body.issues[0].path]).toEqual([
      400,
      'CONSOLE_REQUEST_INVALID',
      path,
    ]);
    expect(lab.audit.entries).toEqual([]);
  });

  it('with a prototype in its body changes nothing but is refused', async () => {
    const { status, body } = await pause({}, '{"reason":"r","__proto__":{"topic":"orders"}}');
    expect([status, body.issues[0].path]).toEqual([400, 'body.__proto__']);
  });

  it.each(['{"reason":', '', '\u0000'])('that is no JSON is refused: %p', async (text) => {
    const { status, body } = await pause({}, text);
    expect([status, body.code]).toEqual([400, 'CONSOLE_REQUEST_INVALID']);
  });

  it('with a body above 64 kB is refused, with and without its length', async () => {
    const long = JSON.stringify({ reason: 'r', topic: 'x'.repeat(70_000) });
    const known = await pause({}, long);
    const chunked = await pause(
      { 'Content-Length': undefined, 'Transfer-Encoding': 'chunked' },
      long,
    );
    for (const { status, headers, body } of [known, chunked]) {
      expect([status, body.code, headers.connection]).toEqual([
        413,
        'CONSOLE_BODY_TOO_LARGE',
        'close',
      ]);
    }
  });

  it('that is compressed is refused', async () => {
    expect((await pause({ 'Content-Encoding': 'gzip' })).status).toBe(415);
  });

  it('is refused once the process ends; questions are answered', async () => {
    lab.listener.onModuleDestroy();
    const { status, body } = await pause();
    expect([status, body.code]).toEqual([503, 'CONSOLE_BUSY']);
    expect((await lab.as('viewer').get('/handlers')).status).toBe(200);
  });

  it('leaves a line in the log: who, what and the status, without the body', async () => {
    await pause({}, { reason: 'canary reason' });
    const line = lab.log.find((text) => text.includes('admin.action'));
    expect(line).toContain('"action":"pause","by":"otto","status":200');
    expect(lab.log.join('')).not.toContain('canary');
  });
});

describe('every answer', () => {
  it.each(['/handlers', '/nothing', '/dead-letters?limit=0'])(
    'of %s carries the safety headers',
    async (path) => {
      const lab = await ConsoleLab.open();
      const { headers } = await lab.as('viewer').get(path);
      await lab.close();
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'content-security-policy': expect.stringMatching(
          /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;.*frame-ancestors 'none'$/,
        ),
      });
    },
  );
});
