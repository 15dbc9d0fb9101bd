import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { eventually } from 'millrace/testing';
import { AppProcess } from '../e2e/app-process';
import { ROOT, buildApps } from '../e2e/checkout';
import { KafkaLog } from '../e2e/kafka-log';
import { PARTITIONS, TOPIC } from '../e2e/scene';

const BROKERS = process.env['KAFKA_BROKERS'] ?? '';
const GOOD = JSON.stringify({ metal: 'gold', price: 2031.5 });
/** The files are looked at every 10 s. */
const EXCHANGED_WITHIN_MS = 20_000;

interface Answer {
  readonly status: number;
  /** Of the certificate of the server; empty on a connection that was used before. */
  readonly serial: string;
  readonly isOldConnection: boolean;
}

describe('a producer with mutual TLS', () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-https-'));
  const kafka = new KafkaLog(BROKERS);
  let producer: AppProcess;

  const certs = (...args: readonly string[]) =>
    execFileSync(process.execPath, ['tools/certs/main.mjs', '--dir', dir, ...args], { cwd: ROOT });
  const envOf = (folder: string) => ({
    ...{ KAFKA_BROKERS: BROKERS, HTTP_TLS: 'true', HTTP_TLS_CLIENT_REQUIRED: 'true' },
    HTTP_TLS_CA_FILE: join(dir, 'ca.crt'),
    HTTP_TLS_CERTIFICATE_FILE: join(dir, folder, 'tls.crt'),
    HTTP_TLS_KEY_FILE: join(dir, folder, 'tls.key'),
  });
  const clientOf = (folder: string): RequestOptions => ({
    cert: readFileSync(join(dir, folder, 'tls.crt')),
    key: readFileSync(join(dir, folder, 'tls.key')),
  });

  beforeAll(async () => {
    certs('--minutes', '60', '--defects');
    await Promise.all([buildApps(), kafka.connect()]);
    await kafka.createTopics([TOPIC], PARTITIONS);
    producer = await AppProcess.start('producer', envOf('kafka-server'));
    await eventually(async () => (await ask('/readyz', clientOf('producer'))).status === 200, {
      timeoutMs: 45_000,
      what: 'the producer is ready',
    });
  }, 120_000);

  afterAll(async () => {
    await Promise.all([producer.stop('SIGTERM'), kafka.close()]);
    rmSync(dir, { recursive: true });
  }, 30_000);

  const ask = (path: string, options: RequestOptions, body?: string) =>
    new Promise<Answer>((resolve, reject) => {
      const call = request(
        {
          ...{ host: '127.0.0.1', servername: 'localhost', agent: false, path },
          port: new URL(producer.url).port,
          ca: readFileSync(join(dir, 'ca.crt')),
          method: body === undefined ? 'GET' : 'POST',
          headers: { 'content-type': 'application/json' },
          ...options,
        },
        (response) => {
          const { serialNumber = '' } =
            (response.socket as TLSSocket).getPeerX509Certificate() ?? {};
          response.resume().once('end', () => {
            resolve({
              status: response.statusCode ?? 0,
              serial: serialNumber,
              isOldConnection: call.reusedSocket,
            });
          });
        },
      );
      call.once('error', reject).end(body);
    });

  it('[S17] [S18] serves clients of its CA, and neither strangers nor plain HTTP', async () => {
    expect((await ask('/produce', clientOf('producer'), GOOD)).status).toBe(200);
    await expect(ask('/produce', {}, GOOD)).rejects.toThrow();
    await expect(ask('/produce', clientOf('other-ca'), GOOD)).rejects.toThrow();
    await expect(fetch(`${producer.url}/livez`)).rejects.toThrow();
    const old: RequestOptions = {
      ...clientOf('producer'),
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
    };
    await expect(ask('/produce', old, GOOD)).rejects.toThrow(/protocol version|unsupported/i);
  }, 30_000);

  it('[P26] exchanges its certificate without a restart; open connections go on', async () => {
    const open = new Agent({ keepAlive: true, maxSockets: 1 });
    const client = clientOf('producer');
    const before = await ask('/produce', { ...client, agent: open }, GOOD);
    certs('--minutes', '60', '--only', 'kafka-server');
    let refusals = 0;
    const isExchanged = async () => {
      const { status, serial } = await ask('/produce', client, GOOD);
      if (status !== 200) refusals += 1;
      return serial !== before.serial;
    };
    await eventually(isExchanged, { timeoutMs: EXCHANGED_WITHIN_MS, what: 'the new certificate' });
    const after = await ask('/produce', { ...client, agent: open }, GOOD);
    expect(after).toMatchObject({ status: 200, isOldConnection: true });
    expect([refusals, producer.exit]).toEqual([0, undefined]);
    open.destroy();
  }, 60_000);

  it('[P26] keeps the last good certificate when a new file is broken, and says so', async () => {
    const file = join(dir, 'kafka-server', 'tls.crt');
    const good = readFileSync(file);
    const before = await ask('/livez', clientOf('producer'));
    writeFileSync(file, good.subarray(0, 200));
    await producer.whenLogged('new TLS files of http are not used', EXCHANGED_WITHIN_MS);
    expect(await ask('/livez', clientOf('producer'))).toEqual(before);
    writeFileSync(file, good);
  }, 60_000);

  it('[CFG-01] does not start with a certificate that has expired, and names the file', async () => {
    const refused = await AppProcess.start('producer', envOf('expired'));
    expect((await refused.exited).code).toBe(1);
    expect(refused.plain.join('\n')).toMatch(/^TLS_EXPIRED.*expired\/tls\.crt/m);
  }, 30_000);
});
