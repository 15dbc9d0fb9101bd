import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../e2e/checkout';
import type { SecureSite } from './secure-site';

const run = promisify(execFile);

/** The broker's own program for settings that change while it runs; kafkajs does not have all of them. */
export class KafkaTool {
  private readonly commandConfig: string;

  /** Proves itself with the certificate that the administrator has now, whatever comes of it later. */
  constructor(private readonly site: SecureSite) {
    this.commandConfig = join(site.dir, 'admin.properties');
  }

  /** Lets a listener read its certificate and the CAs that it trusts again. */
  async readCertificatesAgain(listener: 'sasl' | 'tls'): Promise<void> {
    const prefix = `listener.name.${listener}.ssl`;
    await this.alter('brokers', '1', {
      [`${prefix}.keystore.type`]: 'PEM',
      [`${prefix}.keystore.location`]: this.site.cert('kafka-server', 'tls-combined.pem'),
      [`${prefix}.truststore.type`]: 'PEM',
      [`${prefix}.truststore.location`]: this.site.cert('ca.crt'),
    });
  }

  async setPassword(user: string, password: string): Promise<void> {
    await this.alter('users', user, { 'SCRAM-SHA-512': `[password=${password}]` });
  }

  private async alter(
    type: 'brokers' | 'users',
    name: string,
    settings: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { site, commandConfig } = this;
    const own = site.cert('kafka-admin', 'tls-combined.pem');
    const properties = {
      'security.protocol': 'SSL',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': own,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': site.cert('ca.crt'),
    };
    const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(commandConfig, lines.join(''));
    const added = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
    await this.program('kafka.admin.ConfigCommand', [
      ...['--bootstrap-server', site.brokers, '--command-config', commandConfig],
      ...['--alter', '--entity-type', type, '--entity-name', name],
      ...['--add-config', added.join(',')],
    ]);
  }

  private async program(main: string, args: readonly string[]): Promise<void> {
    const body = `
      const { provideBrokerRuntime } = await import('./tools/engines/kafka-broker.mjs');
      const { jvmArguments } = await import('./tools/engines/kafka-jvm.mjs');
      const { run } = await import('./tools/engines/run.mjs');
      const runtime = await provideBrokerRuntime();
      const { dir, main, args } = JSON.parse(process.argv[1]);
      const jvm = jvmArguments(runtime, { dir, heap: '128m' });
      const { code, stdout, stderr } = await run(runtime.java, [...jvm, main, ...args]);
      if (code !== 0) { process.stderr.write(stdout + stderr); process.exit(1); }
    `;
    const task = JSON.stringify({ dir: this.site.dir, main, args });
    await run(process.execPath, ['--input-type=module', '--eval', body, task], { cwd: ROOT });
  }
}
