import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { defineServiceSettings, loadSettings, metricsSettings } from 'millrace/config';
import { createMongoConnection, mongoSettings } from 'millrace/mongo';
import type { MongoConnection } from 'millrace/mongo';
import { pipelineSettings } from 'millrace/pipeline';
import { FakeClock, eventually } from 'millrace/testing';
import { ROOT } from '../e2e/checkout';
import { mongoUri, newDatabaseName } from './mongo-server';

/** Before the real database stands what ends TLS: so it works with any server, and its certificate can be wrong. */
class TlsFront {
  /** Serial numbers of the client certificates that were shown, in order. */
  readonly seen: string[] = [];
  private readonly open = new Set<TLSSocket>();

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    readonly port: number,
  ) {}

  static async start(options: TlsOptions): Promise<TlsFront> {
    const target = new URL(mongoUri.replace(/^mongodb:/, 'http:'));
    const server = createServer(options);
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const front = new TlsFront(server, (server.address() as AddressInfo).port);
    server.on('secureConnection', (socket) => {
      front.seen.push(socket.getPeerCertificate().serialNumber ?? '');
      front.open.add(socket);
      const inner = connect(Number(target.port), target.hostname);
      for (const [one, other] of [
        [socket, inner],
        [inner, socket],
      ] as const) {
        one.on('error', () => other.destroy()).on('close', () => other.destroy());
        one.pipe(other);
      }
      socket.on('close', () => front.open.delete(socket));
    });
    return front;
  }

  cut(): void {
    for (const socket of this.open) socket.destroy();
  }

  close(): void {
    this.cut();
    this.server.close();
  }
}

describe('TLS to a real database [S18] [M-55]', () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-mongo-tls-'));
  const cert = (...names: string[]) => join(dir, ...names);
  const undo: Array<() => unknown> = [];

  beforeAll(() => {
    execFileSync(process.execPath, ['tools/certs/main.mjs', '--dir', dir, '--defects'], {
      cwd: ROOT,
    });
  });
  afterEach(async () => {
    for (const end of undo.splice(0).reverse()) await end();
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const front = async (name = 'mongo-server', options: TlsOptions = {}) => {
    const started = await TlsFront.start({
      cert: readFileSync(cert(name, 'tls.crt')),
      key: readFileSync(cert(name, 'tls.key')),
      ...{ ca: readFileSync(cert('ca.crt')), requestCert: true, rejectUnauthorized: true },
      ...options,
    });
    undo.push(() => started.close());
    return started;
  };
  const open = async (
    { port }: TlsFront,
    files: Readonly<Record<string, string>> = {},
    clock?: FakeClock,
  ): Promise<MongoConnection> => {
    const settings = loadSettings({
      slices: [
        defineServiceSettings({ httpPort: 0 }),
        metricsSettings,
        pipelineSettings,
        mongoSettings,
      ],
      env: {
        NODE_ENV: 'test',
        MONGODB_URI: `mongodb://127.0.0.1:${port}/?directConnection=true`,
        MONGODB_DATABASE: newDatabaseName(),
        MONGO_SERVER_SELECTION_TIMEOUT_MS: '2000',
        MONGODB_TLS: 'true',
        MONGODB_TLS_CA_FILE: cert('ca.crt'),
        MONGODB_TLS_CERTIFICATE_FILE: cert('processor', 'tls-combined.pem'),
        ...files,
      },
    });
    const connection = createMongoConnection(settings, clock === undefined ? {} : { clock });
    undo.push(() => connection.close(2_000));
    await connection.open(new AbortController().signal);
    return connection;
  };
  const refusalOf = (server: TlsFront, files: Readonly<Record<string, string>> = {}) =>
    open(server, files).then(
      () => 'connected',
      (error: Error) => error,
    );

  it('writes and reads over mutual TLS', async () => {
    const server = await front();
    const connection = await open(server);
    const letters = connection.collection<{ _id: string }>('letters');
    await letters.insertOne({ _id: 'over TLS' });
    expect(await letters.countDocuments()).toBe(1);
    expect(server.seen[0]).toMatch(/^01/);
    await letters.drop();
  });

  it.each<[string, string, () => Promise<TlsFront>, () => Record<string, string>]>([
    [
      'the certificate of another CA',
      'SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_[A-Z_]+',
      () => front(),
      () => ({ MONGODB_TLS_CA_FILE: cert('other-ca', 'ca.crt') }),
    ],
    [
      'a certificate for another host name',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      () => front('wrong-host'),
      () => ({}),
    ],
    ['an expired certificate', 'CERT_HAS_EXPIRED', () => front('expired'), () => ({})],
    [
      'TLS 1.1',
      'ERR_SSL_[A-Z0-9_]+|EPROTO',
      () =>
        front('mongo-server', {
          minVersion: 'TLSv1.1',
          maxVersion: 'TLSv1.1',
          ciphers: 'DEFAULT@SECLEVEL=0',
        }),
      () => ({}),
    ],
  ])('refuses %s, and names the cause', async (_what, reason, server, files) => {
    const error = await refusalOf(await server(), files());
    expect(error).toMatchObject({
      code: 'SINK_UNAVAILABLE',
      message: expect.stringMatching(new RegExp(reason)) as string,
    });
  });

  it('is refused with a client certificate of another CA', async () => {
    const files = { MONGODB_TLS_CERTIFICATE_FILE: cert('other-ca', 'tls-combined.pem') };
    const server = await front();
    expect(await refusalOf(server, files)).toMatchObject({ code: 'SINK_UNAVAILABLE' });
    expect(server.seen).toEqual([]);
  });

  it('does not even begin with an expired client certificate', async () => {
    const files = { MONGODB_TLS_CERTIFICATE_FILE: cert('expired', 'tls-combined.pem') };
    expect(await refusalOf(await front(), files)).toMatchObject({ code: 'TLS_EXPIRED' });
  });

  it('shows the certificate of the moment to each new connection, and writes on', async () => {
    const own = cert('own.pem');
    copyFileSync(cert('processor', 'tls-combined.pem'), own);
    const clock = new FakeClock({ startMs: Date.now() });
    const server = await front();
    const connection = await open(server, { MONGODB_TLS_CERTIFICATE_FILE: own }, clock);
    const letters = connection.collection<{ _id: string }>('letters');
    await letters.insertOne({ _id: 'before' });
    const first = server.seen.at(-1);
    copyFileSync(cert('producer', 'tls-combined.pem'), own);
    await clock.advance(10_000);
    // Reading the files takes its time: connections are cut until one is made with the new certificate.
    const isRenewed = async () => {
      server.cut();
      await letters.updateOne({ _id: 'after' }, { $set: { a: 1 } }, { upsert: true });
      return server.seen.at(-1) !== first;
    };
    await eventually(isRenewed, {
      timeoutMs: 10_000,
      intervalMs: 200,
      what: 'the new certificate',
    });
    expect(await letters.countDocuments()).toBe(2);
    await letters.drop();
  });
});
