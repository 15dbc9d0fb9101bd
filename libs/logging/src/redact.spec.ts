import fc from 'fast-check';
import { createLogger, redactUri } from 'millrace/logging';
import type { LoggingOptions } from 'millrace/logging';

const CANARY = 'cAnArY-7f3a';

function lines(options: Partial<LoggingOptions> = {}) {
  const written: string[] = [];
  const logger = createLogger({
    service: 'processor',
    version: '1.2.3',
    destination: { write: (line: string) => void written.push(line) },
    ...options,
  });
  return { logger, written };
}

describe('redactUri', () => {
  it.each([
    ['mongodb://app:pw@db:27017/x', 'mongodb://[redacted]@db:27017/x'],
    ['mongodb+srv://app:p%40w@db/x?w=1', 'mongodb+srv://[redacted]@db/x?w=1'],
    ['mongodb://app:p/w@db/x', 'mongodb://[redacted]@db/x'],
    ['mongodb://app:p@w@db/x', 'mongodb://[redacted]@db/x'],
    ['https://token-only@host/x', 'https://[redacted]@host/x'],
    ['redis://:pw@host', 'redis://[redacted]@host'],
    ['aa://u:p@h and bb://u:p@h', 'aa://[redacted]@h and bb://[redacted]@h'],
    [
      'mongodb://a:1,b:2/x?tlsCertificateKeyFilePassword=pw&w=1',
      'mongodb://a:1,b:2/x?tlsCertificateKeyFilePassword=[redacted]&w=1',
    ],
    ['http://host:8000/a?mail=a@b', 'http://host:8000/a?mail=a@b'],
    ['mongodb://a:27017,b:27017/x?who=a@b', 'mongodb://a:27017,b:27017/x?who=a@b'],
    ['http://host/a@b', 'http://host/a@b'],
    ['no uri at all', 'no uri at all'],
  ])('turns %s into %s', (text, redacted) => {
    expect(redactUri(text)).toBe(redacted);
  });
});

describe('log lines', () => {
  it.each<readonly [string, Record<string, unknown>]>([
    ['a password', { password: CANARY }],
    ['a password at any depth', { a: { b: [{ c: { saslPassword: CANARY } }] } }],
    [
      'a number, an object and a list',
      { secret: 42, clientSecret: { a: CANARY }, api_key: [CANARY] },
    ],
    ['nested brackets in texts', { secret: { a: ['}"]', { b: CANARY }] } }],
    ['HTTP headers', { headers: { Authorization: `Bearer ${CANARY}`, 'set-cookie': [CANARY] } }],
    ['a URI', { uri: `mongodb://app:${CANARY}@db/x` }],
    ['a URI with a quote in its password', { uri: `mongodb://app:"${CANARY}@db/x` }],
    [
      'a client of another library',
      { client: { options: { auth: { password: CANARY, user: 'x' } } } },
    ],
    ['an error', { err: new Error(`cannot reach mongodb://app:${CANARY}@db/x`) }],
    ['JSON inside of a text', { body: JSON.stringify({ user: 'x', password: CANARY }) }],
    ['tokens', { token: CANARY, access_token: CANARY, 'x-session-token': CANARY }],
  ])('never show %s [S14]', (_what, fields) => {
    const { logger, written } = lines();
    logger.info({ before: 1, ...fields, after: 2 }, 'message');
    expect(written.join('')).not.toContain(CANARY);
    expect(JSON.parse(written[0] ?? '')).toMatchObject({ before: 1, after: 2, msg: 'message' });
  });

  it.each([
    `connecting to mongodb://app:${CANARY}@db/x`,
    `authorization: Bearer ${CANARY}`,
    `started with password=${CANARY} and user=x`,
    `sent {"password": "${CANARY}"}`,
  ])('never show a secret in the message: case %# [S14]', (message) => {
    const { logger, written } = lines();
    logger.info(message);
    expect(written.join('')).not.toContain(CANARY);
    expect(JSON.parse(written[0] ?? '')).toMatchObject({ level: 'info' });
  });

  it('keep what only looks like a secret', () => {
    const { logger, written } = lines();
    const fields = {
      tokens: 5,
      gpu_cost_per_token_usd: 0.1,
      authorized: true,
      url: 'http://h:80/x',
    };
    logger.info(fields, 'tls.authorized');
    expect(JSON.parse(written[0] ?? '')).toMatchObject(fields);
  });

  it.each(['a-', '://a', '"', 'a://b:c', 'password=', '\\'])(
    'are searched in time that grows with their length: 200 kB of %s',
    (piece) => {
      const { logger, written } = lines();
      const startedAtMs = performance.now();
      logger.info({ text: piece.repeat(200_000 / piece.length) }, 'long');
      expect(performance.now() - startedAtMs).toBeLessThan(2_000);
      expect(JSON.parse(written.join(''))).toMatchObject({ msg: 'long' });
    },
  );

  it('stay valid JSON whatever is logged', () => {
    const key = fc.oneof(fc.string(), fc.constantFrom('password', 'secret', 'a://b:c', 'token'));
    fc.assert(
      fc.property(
        fc.dictionary(key, fc.jsonValue()),
        fc.string({ unit: 'binary' }),
        (data, text) => {
          const { logger, written } = lines();
          logger.info({ data }, text);
          expect(JSON.parse(written.join(''))).toMatchObject({ service: 'processor' });
        },
      ),
    );
  });

  it.each([
    ['a line end', 'ok\n{"level":"fatal","msg":"forged"}'],
    ['a carriage return', 'ok\rforged'],
    ['an escape sequence', 'ok\u001b[2J\u001b[31mforged'],
    ['a C1 control', 'ok\u009b2Jforged'],
    ['a line separator', 'ok\u2028forged\u2029'],
  ])('stay one line per event with %s in message and fields [S13]', (_what, text) => {
    const { logger, written } = lines();
    logger.info({ field: text, [text]: 1 }, text);
    const output = written.join('');
    expect(output.split(/[\r\n\u2028\u2029]/).filter((line) => line !== '')).toHaveLength(1);
    expect(output.trimEnd()).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
    expect(JSON.parse(output)).toMatchObject({ msg: text, field: text });
  });
});
