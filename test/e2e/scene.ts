import { randomBytes } from 'node:crypto';
import { PriceQuoted } from 'millrace/events';
import { METALS_GROUPS } from '../../apps/processor/src/metals/metals.groups';
import { AppProcess } from './app-process';
import type { AppName } from './app-process';
import { buildApps } from './checkout';
import { KafkaLog } from './kafka-log';
import type { Offsets } from './kafka-log';
import { PriceStore } from './price-store';

export const TOPIC = PriceQuoted.topic;
export const DEAD_LETTER_TOPIC = `${TOPIC}.dead-letter`;
export const PARTITIONS = 12;
export const GROUPS = Object.values(METALS_GROUPS);

/**
 * What one spec file works with: a database of its own, and the end of the topics as the beginning.
 *
 * Files run one after the other; nothing that is on the brokers is deleted.
 */
export class Scene {
  private readonly apps: AppProcess[] = [];

  private constructor(
    /** Begins the ids of this file and run. */
    readonly run: string,
    readonly brokers: string,
    readonly mongoUri: string,
    readonly kafka: KafkaLog,
    readonly store: PriceStore,
    /** Where the dead letters of this file begin. */
    readonly deadLettersBefore: Offsets,
  ) {}

  get database(): string {
    return databaseOf(this.run);
  }

  static async open(name: string): Promise<Scene> {
    await buildApps();
    const run = `e2e-${name}-${randomBytes(4).toString('hex')}`;
    const brokers = required('KAFKA_BROKERS');
    const mongoUri = required('MONGODB_URI');
    const kafka = new KafkaLog(brokers);
    await kafka.connect();
    await kafka.createTopics([TOPIC, DEAD_LETTER_TOPIC], PARTITIONS);
    await Promise.all(GROUPS.map((groupId) => kafka.skipToEnd(groupId, TOPIC)));
    const deadLetters = await kafka.ends(DEAD_LETTER_TOPIC);
    const store = new PriceStore(mongoUri, databaseOf(run));
    return new Scene(run, brokers, mongoUri, kafka, store, deadLetters);
  }

  /** Starts an app on the servers and the database of this scene; it ends with the scene. */
  async start(name: AppName, env: Readonly<Record<string, string>> = {}): Promise<AppProcess> {
    const database = { MONGODB_URI: this.mongoUri, MONGODB_DATABASE: this.database };
    const app = await AppProcess.start(name, {
      KAFKA_BROKERS: this.brokers,
      ...(name === 'processor' ? database : {}),
      ...env,
    });
    this.apps.push(app);
    return app;
  }

  async startReady(name: AppName, env: Readonly<Record<string, string>> = {}): Promise<AppProcess> {
    return (await this.start(name, env)).whenReady();
  }

  async close(): Promise<void> {
    const running = this.apps.filter(({ exit }) => exit === undefined);
    await Promise.all(running.map((app) => app.stop('SIGTERM')));
    await this.store.close();
    await this.kafka.close();
  }
}

const databaseOf = (run: string) => run.replaceAll('-', '_');

function required(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) throw new Error(`${variable} is not set: run npm test`);
  return value;
}
