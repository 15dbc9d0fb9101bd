import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { Logger } from '@nestjs/common';
import { Schema } from 'mongoose';
import type { Connection } from 'mongoose';
import { defineServiceSettings, loadSettings, metricsSettings } from 'millrace/config';
import { createMongoConnection, mongoSettings } from 'millrace/mongo';
import type { MongoConnection } from 'millrace/mongo';
import { pipelineSettings } from 'millrace/pipeline';
import { FakeClock, eventually } from 'millrace/testing';
import { ROOT } from '../e2e/checkout';
import { TlsFront } from '../tls-front';
import { mongoUri, newDatabaseName } from './mongo-server';

const { hostname, port: databasePort } = new URL(mongoUri.replace(/^mongodb:/, 'http:'));
const target = () => connect(Number(databasePort), hostname);

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
    const started = await TlsFront.start(target, {
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

  describe('when its own certificate is exchanged [P26]', () => {
    const RENEWED = 'producer';
    const openLive = async () => {
      const own = cert('own.pem');
      copyFileSync(cert('processor', 'tls-combined.pem'), own);
      const clock = new FakeClock({ startMs: Date.now() });
      const server = await front();
      const connection = await open(server, { MONGODB_TLS_CERTIFICATE_FILE: own }, clock);
      const letters = () => connection.collection<{ _id: string }>('letters');
      undo.push(() => connection.collection('letters').drop());
      const replace = async (name: string) => {
        copyFileSync(cert(name, 'tls-combined.pem'), own);
        await clock.advance(10_000);
      };
      const exchange = async () => {
        const before = letters();
        await replace(RENEWED);
        await eventually(() => letters() !== before, { timeoutMs: 10_000, what: 'another client' });
      };
      return { clock, server, connection, letters, replace, exchange };
    };
    const serialOf = (name: string) =>
      new X509Certificate(readFileSync(cert(name, 'tls.crt'))).serialNumber;

    it('speaks by new connections, and no write is lost meanwhile', async () => {
      const { clock, server, letters, exchange } = await openLive();
      const state = { isDone: false, written: 0 };
      const writing = (async () => {
        while (!state.isDone) await letters().insertOne({ _id: `letter-${(state.written += 1)}` });
      })();
      await exchange();
      await eventually(() => server.openBy(serialOf(RENEWED)) > 0, { what: 'the new certificate' });
      const before = state.written;
      await eventually(() => state.written > before + 20, { what: 'writes after it' });
      state.isDone = true;
      await writing;
      expect(await letters().countDocuments()).toBe(state.written);
      // The old connections end once their calls had time for it.
      expect(server.openBy(serialOf('processor'))).toBeGreaterThan(0);
      await clock.advance(30_000);
      await eventually(() => server.openBy(serialOf('processor')) === 0, { what: 'the old ones' });
      expect(await letters().countDocuments()).toBe(state.written);
    });

    it('lets a transaction end where it began', async () => {
      const { clock, connection, letters, exchange } = await openLive();
      await letters().insertOne({ _id: 'there' });
      const session = connection.startSession();
      session.startTransaction();
      const inside = () => connection.collection<{ _id: string }>('letters', session);
      await inside().insertOne({ _id: 'first' }, { session });
      await exchange();
      await clock.advance(30_000);
      expect(letters()).not.toBe(inside());
      await inside().insertOne({ _id: 'second' }, { session });
      await session.commitTransaction();
      await session.endSession();
      expect(await letters().countDocuments()).toBe(3);
    });

    it('keeps its connections while the new certificate is refused', async () => {
      const { server, letters, replace } = await openLive();
      const warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
      await letters().insertOne({ _id: 'before' });
      const { length } = server.seen;
      const told = () =>
        warned.mock.calls.some(([, text]) => /new ones are refused/.test(String(text)));
      await replace('other-ca');
      await eventually(told, { timeoutMs: 10_000, what: 'a warning' });
      await letters().insertOne({ _id: 'after' });
      expect(server.seen.slice(length)).toEqual([]);
      warned.mockRestore();
    });

    it('is followed by models of mongoose', async () => {
      const { clock, connection, exchange, server } = await openLive();
      const { connection: ofMongoose } = connection as unknown as { connection: Connection };
      const model = ofMongoose.model('Letter', new Schema({ _id: String }), 'letters');
      await model.create({ _id: 'by a model' });
      await exchange();
      await clock.advance(30_000);
      const old = () => server.openBy(serialOf('processor'));
      await eventually(() => old() === 0, { what: 'the end of the old client' });
      expect(await model.countDocuments()).toBe(1);
      // A client that was closed would open itself again.
      expect(old()).toBe(0);
    });
  });
});
