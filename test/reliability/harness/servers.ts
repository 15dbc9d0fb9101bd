import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ROOT, engines } from '../../e2e/checkout';

/** The servers that a scenario may stop: only those that our own tools started, named by `ENGINES_DIR`. */
export class Servers {
  private constructor(
    readonly brokers: string,
    readonly mongoUri: string,
    /** null: foreign servers, which nobody stops. */
    private readonly dir: string | null,
    readonly brokerCount: number,
  ) {}

  /** @throws {Error} when no server is named. */
  static fromEnvironment(): Servers {
    const state = localState();
    return new Servers(
      required('KAFKA_BROKERS'),
      required('MONGODB_URI'),
      state?.dir ?? null,
      state?.brokerCount ?? required('KAFKA_BROKERS').split(',').length,
    );
  }

  /** Whether faults of servers can be tried here. */
  get areOurs(): boolean {
    return this.dir !== null;
  }

  /** @param node - 1 is the first broker. */
  async stopBroker(signal: 'SIGTERM' | 'SIGKILL', node = 1): Promise<void> {
    await this.verb('stop-broker', `--signal=${signal}`, `--node=${node}`);
  }

  async startBroker(node = 1): Promise<void> {
    await this.verb('start-broker', `--node=${node}`);
  }

  async stopDatabase(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.verb('stop-database', `--signal=${signal}`);
  }

  async startDatabase(): Promise<void> {
    await this.verb('start-database');
  }

  private async verb(name: string, ...flags: readonly string[]): Promise<void> {
    if (this.dir === null) throw new Error(`${name}: the servers are not ours (ENGINES_DIR)`);
    await engines(name, `--dir=${this.dir}`, ...flags);
  }
}

function localState(): { readonly dir: string; readonly brokerCount: number } | null {
  const named = process.env['ENGINES_DIR'];
  const dir = named === undefined ? '' : resolve(ROOT, named);
  const file = join(dir, 'state.json');
  if (dir === '' || !existsSync(file)) return null;
  const { kind, brokerDirs } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly kind: string;
    readonly brokerDirs: readonly string[];
  };
  return kind === 'local' ? { dir, brokerCount: brokerDirs.length } : null;
}

function required(variable: string): string {
  const value = process.env[variable];
  if (value === undefined || value === '') throw new Error(`${variable} is not set: run npm test`);
  return value;
}
