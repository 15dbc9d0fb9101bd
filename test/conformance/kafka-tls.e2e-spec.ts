import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { KafkajsDriver, SASL_MECHANISMS } from 'millrace/kafka';
import type { KafkaOverrides } from 'millrace/kafka';
import { FakeClock, eventually } from 'millrace/testing';
import { engines } from '../e2e/checkout';

interface SecureKafka {
  readonly certs: string;
  readonly mutualTls: string;
  readonly sasl: string;
}

const DEADLINE = { deadlineMs: 8_000 };

describe('TLS and SASL on a real broker [S18] [M-55]', () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-tls-'));
  let kafka: SecureKafka;
  const drivers: KafkajsDriver[] = [];

  beforeAll(async () => {
    await engines('up', '--engines=local', '--tls', `--dir=${dir}`);
    const state = JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8')) as {
      readonly secure: SecureKafka;
    };
    kafka = state.secure;
  }, 120_000);
  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((driver) => driver.close({ deadlineMs: 2_000 })));
  });
  afterAll(async () => {
    await engines('down', `--dir=${dir}`);
    rmSync(dir, { recursive: true, force: true });
  }, 60_000);

  const cert = (...names: string[]) => join(kafka.certs, ...names);
  const identity = (name: string) => ({
    caFile: cert('ca.crt'),
    certificateFile: cert(name, 'tls.crt'),
    keyFile: cert(name, 'tls.key'),
  });
  const open = (overrides: KafkaOverrides, edge = {}): KafkajsDriver => {
    const driver = new KafkajsDriver(
      { brokers: [kafka.mutualTls], connectionTimeoutMs: 2_000, ...overrides },
      edge,
    );
    drivers.push(driver);
    return driver;
  };
  const user = (
    name = 'processor',
    passwordFile = cert(name, 'password'),
    mechanism: (typeof SASL_MECHANISMS)[number] = 'SCRAM-SHA-512',
  ): KafkaOverrides => ({
    brokers: [kafka.sasl],
    tls: { caFile: cert('ca.crt') },
    sasl: { mechanism, username: name, passwordFile },
  });
  const refusalOf = (overrides: KafkaOverrides) =>
    open(overrides)
      .connect(DEADLINE)
      .then(
        () => 'connected',
        (error: Error) => error,
      );

  it('connects by mutual TLS, publishes and reads', async () => {
    const driver = open({ tls: identity('kafka-admin') });
    await driver.connect(DEADLINE);
    const topic = `tls-${Date.now().toString(36)}`;
    await driver
      .admin()
      .createTopics([{ topic, partitions: 1, replicationFactor: 1, configs: {} }]);
    const record = { topic, partition: 0, key: null, value: Buffer.from('over TLS'), headers: [] };
    const [result] = await driver.producer({ name: 'tls' }).publish([record], DEADLINE);
    expect(result).toMatchObject({ status: 'acked' });
    expect((await driver.admin().offsets(topic)).get(0)).toMatchObject({ end: 1n });
  });

  it.each(SASL_MECHANISMS)('connects as a user over TLS: %s', async (mechanism) => {
    const driver = open(user('processor', cert('processor', 'password'), mechanism));
    await driver.connect(DEADLINE);
    expect(driver.health().connected).toBe(true);
  });

  it('refuses the certificate of another CA', async () => {
    const tls = { ...identity('processor'), caFile: cert('other-ca', 'ca.crt') };
    expect(await refusalOf({ tls })).toMatchObject({
      code: 'KAFKA_TLS',
      likelyCauseHere: 'the CA file does not belong to the cluster',
    });
  });

  it('is refused with a client certificate of another CA, and without any', async () => {
    const tls = { ...identity('other-ca'), caFile: cert('ca.crt') };
    expect(await refusalOf({ tls })).toMatchObject({
      code: 'KAFKA_TLS',
      likelyCauseHere: expect.stringMatching(/client certificate/) as string,
    });
    expect(await refusalOf({ tls: { caFile: cert('ca.crt') } })).toMatchObject({
      code: 'KAFKA_TLS',
      likelyCauseHere: 'the brokers want a client certificate and got none',
    });
  });

  it('does not even begin with an expired client certificate', async () => {
    expect(await refusalOf({ tls: identity('expired') })).toMatchObject({
      code: 'TLS_EXPIRED',
      where: cert('expired', 'tls.crt'),
    });
  });

  it('says that a port speaks no TLS', async () => {
    const plain = createTcpServer((socket) => socket.end('no TLS here')).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const brokers = [`127.0.0.1:${(plain.address() as AddressInfo).port}`];
    expect(await refusalOf({ brokers, tls: identity('processor') })).toMatchObject({
      code: 'KAFKA_TLS',
      likelyCauseHere: 'the port is not a TLS listener',
    });
    plain.close();
  });

  it('is refused with a wrong password, and says who refused', async () => {
    const wrong = join(dir, 'wrong-password');
    writeFileSync(wrong, 'canary-password\n');
    const refusal = (await refusalOf(user('processor', wrong))) as Error;
    expect(refusal).toMatchObject({ code: 'KAFKA_AUTHENTICATION', failure: 'fatal' });
    expect(JSON.stringify(refusal) + refusal.message + String(refusal.cause)).not.toContain(
      'canary',
    );
  });

  it('[P26] the next connection uses a renewed password', async () => {
    const passwordFile = join(dir, 'rotated-password');
    writeFileSync(passwordFile, 'not yet\n');
    const clock = new FakeClock({ startMs: Date.now() });
    const driver = open(user('processor', passwordFile), { clock });
    // With time that stands still a call has no deadline of its own: the brokers answer at once.
    await expect(driver.connect(DEADLINE)).rejects.toMatchObject({ code: 'KAFKA_AUTHENTICATION' });
    copyFileSync(cert('processor', 'password'), passwordFile);
    await clock.advance(10_000);
    const isUp = () =>
      driver.connect(DEADLINE).then(
        () => true,
        () => false,
      );
    await eventually(isUp, { timeoutMs: 10_000, intervalMs: 200, what: 'the new password' });
  });

  describe('with a server that is not as it should be', () => {
    const serve = async (options: TlsOptions) => {
      const seen: string[] = [];
      const server = createServer(options, (socket: TLSSocket) => {
        seen.push(socket.getPeerCertificate().serialNumber);
        socket.on('error', () => undefined);
        // Long enough alive for the handshake; it speaks no Kafka.
        setTimeout(() => socket.destroy(), 50).unref();
      }).listen(0, '127.0.0.1');
      server.on('tlsClientError', () => undefined);
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      return { seen, brokers: [`127.0.0.1:${port}`], close: () => server.close() };
    };
    const keyPair = (name: string) => ({
      cert: readFileSync(cert(name, 'tls.crt')),
      key: readFileSync(cert(name, 'tls.key')),
    });

    it('refuses a certificate for another host name', async () => {
      const server = await serve(keyPair('wrong-host'));
      expect(
        await refusalOf({ brokers: server.brokers, tls: identity('processor') }),
      ).toMatchObject({
        code: 'KAFKA_TLS',
        likelyCauseHere: 'the certificate of the broker is for another host name',
      });
      server.close();
    });

    it('refuses an expired certificate', async () => {
      const server = await serve(keyPair('expired'));
      expect(
        await refusalOf({ brokers: server.brokers, tls: identity('processor') }),
      ).toMatchObject({
        code: 'KAFKA_TLS',
        likelyCauseHere: 'a certificate has expired',
      });
      server.close();
    });

    it('refuses to speak TLS 1.1', async () => {
      const old = {
        minVersion: 'TLSv1.1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      } as const;
      const server = await serve({ ...keyPair('kafka-server'), ...old });
      expect(
        await refusalOf({ brokers: server.brokers, tls: identity('processor') }),
      ).toMatchObject({
        code: 'KAFKA_TLS',
        likelyCauseHere: 'the broker speaks no TLS 1.2 or newer',
      });
      expect(server.seen).toEqual([]);
      server.close();
    });

    it('[P26] shows the certificate of the moment to each new connection', async () => {
      const server = await serve({
        ...keyPair('kafka-server'),
        ...{ ca: readFileSync(cert('ca.crt')), requestCert: true, rejectUnauthorized: true },
      });
      const files = {
        caFile: cert('ca.crt'),
        certificateFile: join(dir, 'own.pem'),
      };
      copyFileSync(cert('processor', 'tls-combined.pem'), files.certificateFile);
      const clock = new FakeClock({ startMs: Date.now() });
      const driver = open({ brokers: server.brokers, tls: files }, { clock });
      await driver.connect(DEADLINE).catch(() => undefined);
      const [first] = server.seen;
      expect(first).toMatch(/^01/);
      copyFileSync(cert('producer', 'tls-combined.pem'), files.certificateFile);
      await clock.advance(10_000);
      await eventually(
        async () => {
          await driver.connect(DEADLINE).catch(() => undefined);
          return server.seen.at(-1) !== first;
        },
        { timeoutMs: 10_000, intervalMs: 200, what: 'the new certificate' },
      );
      server.close();
    });
  });
});
