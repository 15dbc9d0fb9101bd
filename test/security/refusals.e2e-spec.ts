import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildApps } from '../e2e/checkout';
import { get } from '../e2e/http-calls';
import { OLD_TLS, OddServer } from './harness/odd-server';
import { SecureSite } from './harness/secure-site';
import type { Env } from './harness/secure-site';

/** What is wrong, where the processor is told so, and the words of the cause. */
type Case = readonly [what: string, words: RegExp, env: () => Env | Promise<Env>];

const CANARY = 'canary-of-a-password';

describe('a service that is refused, or refuses [S18] [M-55] [M-07]', () => {
  let site: SecureSite;
  const servers: OddServer[] = [];

  beforeAll(async () => {
    await buildApps();
    site = await SecureSite.open();
  }, 120_000);
  afterAll(async () => {
    for (const server of servers) server.close();
    await site.close();
  }, 60_000);

  const odd = async (...args: [leaf: string, options?: object]): Promise<string> => {
    const server = await OddServer.start(site, ...args);
    servers.push(server);
    return server.address;
  };
  const wrongPassword = (): string => {
    const file = join(site.dir, 'wrong-password');
    writeFileSync(file, `${CANARY}\n`);
    return file;
  };
  const sasl = (passwordFile: string): Env => ({
    KAFKA_BROKERS: site.saslBrokers,
    KAFKA_TLS_CERTIFICATE_FILE: '',
    KAFKA_TLS_KEY_FILE: '',
    KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
    KAFKA_SASL_USERNAME: 'processor',
    KAFKA_SASL_PASSWORD_FILE: passwordFile,
  });
  const mongoAt = (address: string): Env => ({
    MONGODB_URI: `mongodb://${address}/?directConnection=true&authSource=admin`,
    MONGO_SERVER_SELECTION_TIMEOUT_MS: '1500',
  });

  const KAFKA: readonly Case[] = [
    [
      'the broker is of another CA',
      /the CA file does not belong to the cluster/,
      () => ({ KAFKA_TLS_CA_FILE: site.cert('other-ca', 'ca.crt') }),
    ],
    [
      'the certificate of the broker has expired',
      /a certificate has expired/,
      async () => ({ KAFKA_BROKERS: await odd('expired') }),
    ],
    [
      'the certificate of the broker is for another host name',
      /for another host name/,
      async () => ({ KAFKA_BROKERS: await odd('wrong-host') }),
    ],
    [
      'it has no client certificate',
      /want a client certificate and got none/,
      () => ({ KAFKA_TLS_CERTIFICATE_FILE: '', KAFKA_TLS_KEY_FILE: '' }),
    ],
    ['its password is wrong', /KAFKA_AUTHENTICATION/, () => sasl(wrongPassword())],
    [
      'the broker speaks TLS 1.1',
      /speaks no TLS 1\.2 or newer/,
      async () => ({ KAFKA_BROKERS: await odd('kafka-server', OLD_TLS) }),
    ],
  ];
  const MONGO: readonly Case[] = [
    [
      'the database is of another CA',
      /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_[A-Z_]+/,
      () => ({
        MONGODB_TLS_CA_FILE: site.cert('other-ca', 'ca.crt'),
        MONGO_SERVER_SELECTION_TIMEOUT_MS: '1500',
      }),
    ],
    [
      'the certificate of the database has expired',
      /CERT_HAS_EXPIRED/,
      async () => mongoAt(await odd('expired')),
    ],
    [
      'the certificate of the database is for another host name',
      /ERR_TLS_CERT_ALTNAME_INVALID/,
      async () => mongoAt(await odd('wrong-host')),
    ],
    [
      'it has no client certificate for the database',
      /CERTIFICATE_REQUIRED/,
      () => ({ MONGODB_TLS_CERTIFICATE_FILE: '', MONGO_SERVER_SELECTION_TIMEOUT_MS: '1500' }),
    ],
    [
      'its password for the database is wrong',
      /MONGO_UNAUTHORIZED/,
      () => ({ MONGODB_PASSWORD_FILE: wrongPassword() }),
    ],
    [
      'the database speaks TLS 1.1',
      /ERR_SSL_[A-Z0-9_]+|EPROTO/,
      async () => mongoAt(await odd('mongo-server', OLD_TLS)),
    ],
  ];

  it.each([...KAFKA, ...MONGO])(
    'says so, lives and is not ready when %s',
    async (_what, words, env) => {
      const app = await site.start('processor', await env());
      const line = await app.whenLogged('attempt 2', 30_000);
      const log = JSON.stringify(app.lines);
      expect(log).toMatch(words);
      expect(line.level).toBe('info');
      expect((await get(`${app.url}/readyz`)).status).toBe(503);
      expect((await get(`${app.url}/livez`)).status).toBe(200);
      expect(log).not.toContain(CANARY);
      expect(await app.stop('SIGTERM')).toMatchObject({ code: 0 });
    },
    60_000,
  );

  it('does not begin with a certificate of its own that has expired', async () => {
    const env = site.env('processor', site.cert('expired'));
    const app = await site.start('processor', env);
    expect(await app.exited).toMatchObject({ code: 1 });
    expect(app.plain.join('\n')).toMatch(/TLS_EXPIRED[\s\S]*expired\/tls\.crt/);
  });

  it('refuses plain text in production, before any connection', async () => {
    const app = await site.start('processor', { NODE_ENV: 'production', KAFKA_TLS: 'false' });
    expect(await app.exited).toMatchObject({ code: 1 });
    expect(app.plain.join('\n')).toContain('KAFKA_TLS_REQUIRED');
  });
});
