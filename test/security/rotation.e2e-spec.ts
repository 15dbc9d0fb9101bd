import { execFile } from 'node:child_process';
import { X509Certificate, randomBytes } from 'node:crypto';
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { eventually } from 'millrace/testing';
import type { AppProcess } from '../e2e/app-process';
import { ROOT, buildApps } from '../e2e/checkout';
import { DEAD_LETTER_TOPIC, GROUPS, TOPIC } from '../e2e/scene';
import { writeScenarioResult } from '../scenario.result';
import { TlsFront } from '../tls-front';
import { call } from './harness/https-calls';
import { KafkaTool } from './harness/kafka-tool';
import { SecureSite } from './harness/secure-site';
import { SteadyLoad } from './harness/steady-load';

const run = promisify(execFile);
/** Files are looked at every 10 s, connections every 7.5 s at most, and then replaced one by one. */
const PATIENCE = { timeoutMs: 60_000, intervalMs: 250 };

interface Step {
  readonly atMs: number;
  readonly what: string;
}

/**
 * The producer serves HTTPS and is a SASL user, the processor has client certificates; what each of
 * them proves itself with is exchanged while prices come in.
 */
describe('certificates and passwords are exchanged under load [M-55] [P26] [S-19]', () => {
  let site: SecureSite;
  let tool: KafkaTool;
  let front: TlsFront;
  let producer: AppProcess;
  let processor: AppProcess;
  let load: SteadyLoad;
  let pids: readonly number[];
  let joinedBefore: number;
  const steps: Step[] = [];
  const startedAtMs = performance.now();

  beforeAll(async () => {
    await buildApps();
    site = await SecureSite.open('--trace-tls');
    tool = new KafkaTool(site);
    front = await TlsFront.start(toDatabase(), frontOptions());
    const files = join(site.cert('producer-server'));
    [producer, processor] = await Promise.all([
      site.start('producer', {
        ...{ HTTP_TLS: 'true', HTTP_TLS_CERTIFICATE_FILE: join(files, 'tls.crt') },
        HTTP_TLS_KEY_FILE: join(files, 'tls.key'),
        ...{ KAFKA_BROKERS: site.saslBrokers, KAFKA_TLS_CERTIFICATE_FILE: '' },
        ...{ KAFKA_TLS_KEY_FILE: '', KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512' },
        KAFKA_SASL_USERNAME: 'producer',
        KAFKA_SASL_PASSWORD_FILE: site.cert('producer', 'password'),
      }),
      site.startReady('processor', {
        MONGODB_URI: `mongodb://127.0.0.1:${front.port}/?directConnection=true&authSource=admin`,
      }),
    ]);
    const isServing = async () => (await page(producer, '/readyz')).status === 200;
    await eventually(isServing, { ...PATIENCE, what: 'the producer is ready' });
    pids = [producer.pid, processor.pid];
    joinedBefore = eventsOf(processor, 'kafka.consumer.joined');
    load = new SteadyLoad(producer.url, site.cert('ca.crt'));
    await eventually(() => load.accepted.length > 100, { ...PATIENCE, what: 'prices are taken' });
    note(`load runs: ${load.requests} requests so far`);
  }, 180_000);
  afterAll(async () => {
    await load?.stop();
    front?.close();
    await site.close();
  }, 60_000);

  /** The database itself stays with the first CA: it cannot exchange what it has. */
  const toDatabase = () => {
    const { port, hostname: host } = new URL(site.mongoUri.replace(/^mongodb:/, 'http:'));
    const first = site.pem('kafka-admin');
    return () => connect({ host, port: Number(port), ...first });
  };
  const frontOptions = () => ({
    ...site.pem('mongo-server'),
    ...{ requestCert: true, rejectUnauthorized: true },
  });
  const page = ({ url }: AppProcess, path: string) =>
    call(`${url}${path}`, { caFile: site.cert('ca.crt') });
  const certs = (...args: readonly string[]) =>
    run(process.execPath, ['tools/certs/main.mjs', '--dir', site.cert(), ...args], { cwd: ROOT });
  const newPassword = () => randomBytes(18).toString('base64url');
  /** As a Secret is mounted: the file is whole at every moment. */
  const mount = (name: string, password: string): void => {
    const file = site.cert(name, 'password');
    writeFileSync(`${file}.new`, `${password}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  const serialOf = (name: string): string =>
    new X509Certificate(readFileSync(site.cert(name, 'tls.crt'))).serialNumber;
  const note = (what: string): void =>
    void steps.push({ atMs: performance.now() - startedAtMs, what });
  const eventsOf = ({ lines }: AppProcess, event: string): number =>
    lines.filter((line) => line.event === event).length;
  /** Java writes the number in pairs. */
  const isSeenByBroker = (serial: string): boolean => {
    const pairs = serial.toLowerCase().match(/../g)?.join(':') ?? '';
    return readFileSync(join(site.brokerDir, 'kafka.log'), 'utf8').includes(pairs);
  };
  const serverSerial = (url: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { hostname: host, port } = new URL(url);
      const ca = readFileSync(site.cert('ca.crt'));
      const socket = connect({ host, port: Number(port), ca }, () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      });
      socket.on('error', reject);
    });
  /** One exchange of an app: done when its old connections are gone. */
  const replaced = async (app: AppProcess, act: () => Promise<unknown>): Promise<void> => {
    const before = eventsOf(app, 'kafka.connections.replaced');
    await act();
    const isDone = () => eventsOf(app, 'kafka.connections.replaced') > before;
    await eventually(isDone, { ...PATIENCE, what: `the ${app.name} replaces its connections` });
  };

  it('the client certificate: broker and database see the new one', async () => {
    await replaced(processor, () => certs('--only', 'processor'));
    const serial = serialOf('processor');
    expect(isSeenByBroker(serial)).toBe(true);
    await eventually(() => front.openBy(serial) > 0, { ...PATIENCE, what: 'the new one' });
    note('client certificate of the processor: seen by the broker and at the database');
  }, 120_000);

  it('the passwords of a SASL user and of the user of the database', async () => {
    const password = newPassword();
    await replaced(producer, async () => {
      await tool.setPassword('producer', password);
      mount('producer', password);
    });
    expect(producer.lines.some(({ event }) => event === 'kafka.connections.kept')).toBe(false);
    note('password of the producer at the broker');
    const before = eventsOf(processor, 'mongo.exchanged');
    const pwd = newPassword();
    await site.store.db.admin().command({ updateUser: 'processor', pwd });
    mount('processor', pwd);
    const isDone = () => eventsOf(processor, 'mongo.exchanged') > before;
    await eventually(isDone, { ...PATIENCE, what: 'the new password at the database' });
    note('password of the processor at the database');
  }, 120_000);

  it('the certificates of the servers: broker, database and HTTPS', async () => {
    const before = await serverSerial(producer.url);
    for (const name of ['kafka-server', 'mongo-server', 'producer-server'])
      await certs('--only', name);
    await tool.readCertificatesAgain('tls');
    await tool.readCertificatesAgain('sasl');
    front.exchange(frontOptions());
    expect(await serverSerial(`https://${site.brokers}`)).toBe(serialOf('kafka-server'));
    expect(await serverSerial(`https://${site.saslBrokers}`)).toBe(serialOf('kafka-server'));
    const isServed = async () => (await serverSerial(producer.url)) === serialOf('producer-server');
    await eventually(isServed, { ...PATIENCE, what: 'the new certificate of the producer' });
    expect(serialOf('producer-server')).not.toBe(before);
    note('certificates of the broker, of the database and of the producer');
  }, 120_000);

  it('the CA, while both are trusted, and then the old one no more', async () => {
    const old = readFileSync(site.cert('ca.crt'), 'utf8');
    // First everybody trusts both, then leaves move, then the old one goes. A first leaf has to come
    // with the CA: that of the front before the database, which is not told of it yet.
    await replaced(processor, async () => {
      await replaced(producer, () => certs('--new-ca', '--only', 'mongo-server'));
    });
    for (const listener of ['tls', 'sasl'] as const) await tool.readCertificatesAgain(listener);
    front.exchange(frontOptions());
    note('both CAs are trusted by broker, database, producer and processor');
    await certs();
    for (const listener of ['tls', 'sasl'] as const) await tool.readCertificatesAgain(listener);
    front.exchange(frontOptions());
    const serial = serialOf('processor');
    await eventually(() => isSeenByBroker(serial) && front.openBy(serial) > 0, {
      ...{ ...PATIENCE, what: 'the certificate of the new CA' },
    });
    note('every certificate is of the new CA');
    const alone = readFileSync(site.cert('ca.crt'), 'utf8').replace(old, '');
    await replaced(processor, async () => {
      await replaced(producer, async () => {
        writeFileSync(site.cert('ca.crt.new'), alone);
        renameSync(site.cert('ca.crt.new'), site.cert('ca.crt'));
      });
    });
    for (const listener of ['tls', 'sasl'] as const) await tool.readCertificatesAgain(listener);
    front.exchange(frontOptions());
    expect(alone.match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
    note('the old CA is trusted no more');
  }, 240_000);

  it('a broken new certificate: the one before it stays, and everybody can see it', async () => {
    const file = site.cert('processor', 'tls.crt');
    copyFileSync(file, `${file}.good`);
    writeFileSync(file, 'half a certif');
    const line = await processor.whenLogged('are not used, the material before them stays', 30_000);
    expect(line).toMatchObject({ level: 'warn', event: 'tls.refused' });
    expect(line.msg).toContain(file);
    const metrics = async () =>
      (await (await fetch(`${processor.url}/metrics`)).text()).split('\n');
    const refused = (await metrics()).find((text) =>
      /^pipeline_tls_files_refused\{identity="kafka"/.test(text),
    );
    expect(refused).toMatch(/ 1$/);
    const before = load.accepted.length;
    await eventually(() => load.accepted.length > before + 50, {
      ...PATIENCE,
      what: 'more prices',
    });
    expect((await fetch(`${processor.url}/readyz`)).status).toBe(200);
    renameSync(`${file}.good`, file);
    const isGood = async () =>
      (await metrics()).some((text) =>
        /^pipeline_tls_files_refused\{identity="kafka".* 0$/.test(text),
      );
    await eventually(isGood, { ...PATIENCE, what: 'the good file again' });
    note('a broken file was refused, and the good one used again');
  }, 120_000);

  it('lost nothing, stored nothing twice, restarted nothing, failed no request', async () => {
    await load.stop();
    await site.reconnect();
    const isCaughtUp = async () => {
      const lags = await Promise.all(GROUPS.map((groupId) => site.kafka.lag(groupId, TOPIC)));
      return lags.every((lag) => lag === 0n);
    };
    await eventually(isCaughtUp, { ...PATIENCE, what: 'lag 0' });
    const { missing, twice, unexpected } = await site.store.compare(load.accepted);
    const letters = [...(await site.kafka.ends(DEAD_LETTER_TOPIC)).values()];
    const deadLetters = Number(letters.reduce((sum, end) => sum + end, 0n));
    const restarts = [producer, processor].filter(
      ({ pid, exit }, index) => exit !== undefined || pid !== pids[index],
    ).length;
    const figures = {
      requests: load.requests,
      records: load.accepted.length,
      lost: missing.length,
      'stored twice': twice.length,
      unexpected: unexpected.length,
      'dead letters': deadLetters,
      'failed requests': load.failed.length,
      restarts,
      'members that joined again': eventsOf(processor, 'kafka.consumer.joined') - joinedBefore,
    };
    writeScenarioResult({
      suite: 'security',
      name: 'rotation',
      about:
        'Client certificate, passwords at the broker and at the database, server certificates and the CA are exchanged while prices come in over HTTPS; a broken certificate file is refused.',
      figures,
      steps,
    });
    expect(load.failed).toEqual([]);
    expect(figures).toMatchObject({
      ...{ lost: 0, 'stored twice': 0, unexpected: 0, 'dead letters': 0 },
      ...{ 'failed requests': 0, restarts: 0, 'members that joined again': 0 },
    });
    expect(figures.records).toBeGreaterThan(1_000);
  }, 90_000);
});
