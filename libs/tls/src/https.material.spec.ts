import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Logger } from '@nestjs/common';
import { loadSettings } from 'millrace/config';
import { Metrics } from 'millrace/metrics';
import { FakeClock } from 'millrace/testing';
import { TestCertificates } from './certificates.fixture';
import { HttpsMaterial, httpsOptionsOf } from './https.material';
import { httpsSettings } from './https.settings';
import { LOOK_EVERY_MS } from './regular.look';

describe('HttpsMaterial [S18] [P26]', () => {
  let certs: TestCertificates;
  let clock: FakeClock;
  let metrics: Metrics;
  const servers: Server[] = [];

  beforeEach(() => {
    certs = new TestCertificates();
    clock = new FakeClock({ startMs: Date.now() });
    metrics = new Metrics();
    jest.spyOn(Logger.prototype, 'log').mockReturnValue();
    jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  });
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
    jest.restoreAllMocks();
    certs.remove();
  });

  const settingsOf = (env: Readonly<Record<string, string>> = {}, folder = 'kafka-server') =>
    loadSettings({
      slices: [httpsSettings],
      env: {
        HTTP_TLS: 'true',
        HTTP_TLS_CERTIFICATE_FILE: certs.path(folder, 'tls.crt'),
        HTTP_TLS_KEY_FILE: certs.path(folder, 'tls.key'),
        ...env,
      },
    }).get(httpsSettings);

  const serve = async (settings = settingsOf()) => {
    const server = createServer(httpsOptionsOf(settings) ?? {}, (_, response) => response.end());
    servers.push(server);
    const material = new HttpsMaterial({ settings, server: () => server, clock, metrics });
    await material.onModuleInit();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { material, port: (server.address() as AddressInfo).port };
  };

  /** Asks once, on a connection of its own. @returns the serial number of the server's certificate. */
  const ask = (port: number, more: object = {}) =>
    new Promise<string>((resolve, reject) => {
      const ca = readFileSync(certs.path('ca.crt'));
      const options = { port, host: '127.0.0.1', servername: 'localhost', ca, agent: false };
      request({ ...options, ...more }, (response) => {
        resolve((response.socket as TLSSocket).getPeerX509Certificate()?.serialNumber ?? '');
        response.resume();
      })
        .on('error', reject)
        .end();
    });
  const clientOf = (folder: string) => ({
    cert: readFileSync(certs.path(folder, 'tls.crt')),
    key: readFileSync(certs.path(folder, 'tls.key')),
  });
  const mutual = () =>
    settingsOf({ HTTP_TLS_CLIENT_REQUIRED: 'true', HTTP_TLS_CA_FILE: certs.path('ca.crt') });

  it('is nothing when HTTPS is off', async () => {
    const settings = loadSettings({ slices: [httpsSettings], env: {} }).get(httpsSettings);
    const server = () => {
      throw new Error('nobody asks for the server');
    };
    const material = new HttpsMaterial({ settings, server, clock, metrics });
    await material.onModuleInit();
    expect(httpsOptionsOf(settings)).toBeNull();
    expect([await material.refresh(), clock.pendingTimers]).toEqual([false, 0]);
  });

  it('serves the certificate of the files, and a renewed one without a new server', async () => {
    const { material, port } = await serve();
    const before = await ask(port);
    expect(await ask(port)).toBe(before);
    certs.make('--only', 'kafka-server');
    expect(await material.refresh()).toBe(true);
    expect(await ask(port)).not.toBe(before);
  });

  it('looks every 10 s by itself, until the end', async () => {
    const { material, port } = await serve();
    const before = await ask(port);
    certs.make('--only', 'kafka-server');
    await clock.advance(LOOK_EVERY_MS);
    while ((await ask(port)) === before) await new Promise((resolve) => setImmediate(resolve));
    material.onApplicationShutdown();
    await clock.advance(LOOK_EVERY_MS * 2);
    expect(clock.pendingTimers).toBe(0);
  });

  it('goes on with the last good certificate when a new file is broken', async () => {
    const { material, port } = await serve();
    const before = await ask(port);
    writeFileSync(certs.path('kafka-server', 'tls.crt'), 'half of a certif');
    expect(await material.refresh()).toBe(false);
    expect(await ask(port)).toBe(before);
  });

  it.each([
    ['expired', 'expired', 'TLS_EXPIRED'],
    ['not there', 'nowhere', 'TLS_FILE_MISSING'],
  ])('refuses to start with a certificate that is %s', async (_, folder, code) => {
    await expect(serve(settingsOf({}, folder))).rejects.toMatchObject({ code });
  });

  it('refuses clients without a certificate, and those of another CA, when it is mutual', async () => {
    const { port } = await serve(mutual());
    await expect(ask(port, clientOf('producer'))).resolves.toMatch(/^[0-9A-F]+$/);
    await expect(ask(port)).rejects.toThrow();
    await expect(ask(port, clientOf('other-ca'))).rejects.toThrow();
  });

  it('takes clients of another CA as soon as the file of the CAs names it', async () => {
    const { material, port } = await serve(mutual());
    const client = clientOf('other-ca');
    await expect(ask(port, client)).rejects.toThrow();
    const bundle = [certs.path('ca.crt'), certs.path('other-ca', 'ca.crt')].map((file) =>
      readFileSync(file, 'utf8'),
    );
    writeFileSync(certs.path('ca.crt'), bundle.join('\n'));
    expect(await material.refresh()).toBe(true);
    await expect(ask(port, client)).resolves.toMatch(/^[0-9A-F]+$/);
  });

  it('speaks TLS 1.2 and nothing older, also after an exchange', async () => {
    const { material, port } = await serve();
    // Node.js itself offers less only with the lowest security level.
    const old = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' };
    await expect(ask(port, old)).rejects.toThrow(/protocol version|unsupported/i);
    certs.make('--only', 'kafka-server');
    await material.refresh();
    await expect(ask(port, old)).rejects.toThrow(/protocol version|unsupported/i);
    await expect(ask(port, { maxVersion: 'TLSv1.2' })).resolves.toMatch(/^[0-9A-F]+$/);
  });

  it('shows the end of the certificate as that of the identity http', async () => {
    await serve();
    expect(await metrics.registry.metrics()).toMatch(
      /pipeline_tls_certificate_not_after_timestamp_seconds\{identity="http"\} \d+/,
    );
  });
});
