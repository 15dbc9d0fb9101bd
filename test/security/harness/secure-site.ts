import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AppProcess } from '../../e2e/app-process';
import type { AppName } from '../../e2e/app-process';
import { ROOT, engines } from '../../e2e/checkout';
import { KafkaLog } from '../../e2e/kafka-log';
import { PriceStore } from '../../e2e/price-store';
import { DEAD_LETTER_TOPIC, PARTITIONS, TOPIC } from '../../e2e/scene';

const run = promisify(execFile);

/** The one database that the user of the processor may write to. */
const DATABASE = 'pipeline';

interface SecureState {
  readonly brokerDirs: readonly string[];
  readonly secure: { readonly certs: string; readonly mutualTls: string; readonly sasl: string };
  readonly secureMongo: { readonly uri: string };
}

export type Env = Readonly<Record<string, string>>;

/**
 * A broker and a database of its own, reached over mutual TLS alone, where an identity may do what
 * deploy/kafka/acls.json grants and nothing else.
 */
export class SecureSite {
  private readonly apps: AppProcess[] = [];
  /** Those of the beginning too: they may be exchanged since. */
  private readonly known = new Set<string>();

  private constructor(
    readonly dir: string,
    private readonly state: SecureState,
    private log: KafkaLog,
    readonly store: PriceStore,
  ) {
    this.collectSecrets();
  }

  static async open(...flags: readonly string[]): Promise<SecureSite> {
    const dir = mkdtempSync(join(tmpdir(), 'millrace-secure-'));
    await engines('up', '--engines=local', '--tls', ...flags, `--dir=${dir}`);
    const state = JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8')) as SecureState;
    const { certs, mutualTls } = state.secure;
    const kafka = new KafkaLog(mutualTls, pemOf(certs, 'kafka-admin'));
    await kafka.connect();
    await kafka.createTopics([TOPIC, `${TOPIC}.retry.0`, DEAD_LETTER_TOPIC], PARTITIONS);
    await run(process.execPath, ['tools/acls/main.mjs', '--brokers', mutualTls, '--certs', certs], {
      cwd: ROOT,
    });
    return new SecureSite(dir, state, kafka, new PriceStore(adminUri(dir, state), DATABASE));
  }

  /** The broker, as the administrator sees it. */
  get kafka(): KafkaLog {
    return this.log;
  }

  /** Connects the administrator again, with the certificate that he has now. */
  async reconnect(): Promise<void> {
    await this.log.close();
    this.log = new KafkaLog(this.brokers, this.pem('kafka-admin'));
    await this.log.connect();
  }

  /** TLS address of the broker, where the common name of a client certificate is the principal. */
  get brokers(): string {
    return this.state.secure.mutualTls;
  }

  /** Address where a user is the principal. */
  get saslBrokers(): string {
    return this.state.secure.sasl;
  }

  get mongoUri(): string {
    return this.state.secureMongo.uri;
  }

  /** Where the broker keeps its log. */
  get brokerDir(): string {
    return this.state.brokerDirs[0] ?? '';
  }

  cert(...names: readonly string[]): string {
    return join(this.state.secure.certs, ...names);
  }

  pem(identity: string): { readonly ca: string; readonly cert: string; readonly key: string } {
    return pemOf(this.state.secure.certs, identity);
  }

  /** What a pod of this identity is given; `files`: where its own certificate lies. */
  env(identity: AppName, files = this.cert(identity)): Env {
    const file = (name: string) => join(files, name);
    const kafka = {
      KAFKA_BROKERS: this.brokers,
      KAFKA_TOPICS: 'verify',
      KAFKA_TLS: 'true',
      KAFKA_TLS_CA_FILE: this.cert('ca.crt'),
      KAFKA_TLS_CERTIFICATE_FILE: file('tls.crt'),
      KAFKA_TLS_KEY_FILE: file('tls.key'),
    };
    if (identity === 'producer') return kafka;
    return {
      ...kafka,
      MONGODB_URI: this.mongoUri,
      MONGODB_DATABASE: DATABASE,
      MONGODB_USERNAME: identity,
      MONGODB_PASSWORD_FILE: this.cert(identity, 'password'),
      MONGODB_TLS: 'true',
      MONGODB_TLS_CA_FILE: this.cert('ca.crt'),
      MONGODB_TLS_CERTIFICATE_FILE: file('tls-combined.pem'),
    };
  }

  /** @param env - joins what the identity is given; an empty text takes a variable away. */
  async start(name: AppName, env: Env = {}): Promise<AppProcess> {
    const all = Object.entries({ ...this.env(name), ...env }).filter(([, value]) => value !== '');
    const app = await AppProcess.start(name, Object.fromEntries(all));
    this.apps.push(app);
    return app;
  }

  async startReady(name: AppName, env: Env = {}): Promise<AppProcess> {
    return (await this.start(name, env)).whenReady();
  }

  /** Everything that the apps wrote until now. */
  get written(): readonly string[] {
    return this.apps.map(({ lines, plain }) => JSON.stringify([lines, plain]));
  }

  /** @returns how many secrets of the site, of now and of its beginning, are in these texts. */
  leaksIn(outputs: readonly string[]): number {
    this.collectSecrets();
    return [...this.known].filter((secret) => outputs.some((text) => text.includes(secret))).length;
  }

  /** Passwords, and private keys by the lines of their PEM. */
  private collectSecrets(): void {
    const { certs } = this.state.secure;
    const folders = readdirSync(certs).filter((name) => statSync(join(certs, name)).isDirectory());
    for (const folder of folders) {
      for (const name of readdirSync(join(certs, folder))) {
        if (name !== 'password' && !name.endsWith('.key')) continue;
        const lines = readFileSync(join(certs, folder, name), 'utf8').split('\n');
        const isSecret = (line: string) => line.length >= 16 && !line.startsWith('-----');
        for (const line of lines.filter(isSecret)) this.known.add(line);
      }
    }
  }

  /** @throws {Error} when an app has written a secret: whatever else was tried, nobody may read it. */
  async close(): Promise<void> {
    const running = this.apps.filter(({ exit }) => exit === undefined);
    await Promise.all(running.map((app) => app.stop('SIGTERM')));
    await this.store.close();
    await this.log.close();
    await engines('down', `--dir=${this.dir}`);
    const leaks = this.leaksIn(this.written);
    rmSync(this.dir, { recursive: true, force: true });
    if (leaks > 0) throw new Error(`${leaks} secrets are in the output of the apps`);
  }
}

function pemOf(certs: string, identity: string) {
  const read = (...names: string[]) => readFileSync(join(certs, ...names), 'utf8');
  return {
    ca: read('ca.crt'),
    cert: read(identity, 'tls.crt'),
    key: read(identity, 'tls.key'),
  };
}

/** With copies of what is good now: the database cannot exchange what it trusts. */
function adminUri(dir: string, { secure: { certs }, secureMongo: { uri } }: SecureState): string {
  const [ca, own] = [join(dir, 'first-ca.crt'), join(dir, 'first-admin.pem')];
  copyFileSync(join(certs, 'ca.crt'), ca);
  copyFileSync(join(certs, 'kafka-admin', 'tls-combined.pem'), own);
  const password = readFileSync(join(certs, 'kafka-admin', 'password'), 'utf8').trim();
  const tls = new URLSearchParams({ tls: 'true', tlsCAFile: ca, tlsCertificateKeyFile: own });
  return `${uri.replace('//', `//kafka-admin:${password}@`)}&${tls.toString()}`;
}
