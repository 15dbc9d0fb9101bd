import { KafkajsDriver } from 'millrace/kafka';
import { MongoAuditLog, MongoControlStore, MongoJobStore } from 'millrace/mongo';
import type { MongoConnection } from 'millrace/mongo';
import { createOperations } from 'millrace/operations';
import type { Operations } from 'millrace/operations';
import type { Job } from 'millrace/pipeline';
import { systemClock } from 'millrace/retry';
import { eventually } from 'millrace/testing';
import { MongoClient } from 'mongodb';
import type { Servers } from '../../reliability/harness/servers';

const ACTIVE: readonly string[] = ['waiting', 'running'];

/** Somebody with the command line: knows the servers, and has no handlers of its own. */
export class Operator {
  private constructor(
    readonly operations: Operations,
    private readonly driver: KafkajsDriver,
    private readonly client: MongoClient,
  ) {}

  static async open({ brokers, mongoUri }: Servers, database: string): Promise<Operator> {
    const driver = new KafkajsDriver({ brokers: brokers.split(','), clientId: 'operator' });
    await driver.connect({ deadlineMs: 15_000 });
    const client = await MongoClient.connect(mongoUri, { directConnection: true });
    const connection: Pick<MongoConnection, 'collection'> = {
      collection: ((name: string) => client.db(database).collection(name)) as never,
    };
    const bound = { writeTimeoutMs: 10_000 };
    const operations = createOperations({
      driver,
      clock: systemClock,
      random: Math.random,
      controls: new MongoControlStore(connection, bound, systemClock),
      jobs: new MongoJobStore(connection, bound, systemClock),
      audit: new MongoAuditLog(connection, bound, systemClock),
    });
    return new Operator(operations, driver, client);
  }

  async job(id: string): Promise<Job> {
    const job = await this.operations.replays.get(id);
    if (job === null) throw new Error(`there is no replay ${id}`);
    return job;
  }

  /** Waits until a replay is over. */
  async ended(id: string, timeoutMs: number): Promise<Job> {
    const isOver = async () => !ACTIVE.includes((await this.job(id)).state);
    const options = { timeoutMs, intervalMs: 250, what: `the end of replay ${id}` };
    await eventually(isOver, options).catch(async (error: Error) => {
      const { state, owner, progress } = await this.job(id);
      throw new Error(`${error.message}: ${JSON.stringify({ state, owner, progress })}`);
    });
    return this.job(id);
  }

  async close(): Promise<void> {
    await this.operations.close({ deadlineMs: 2_000 });
    await this.driver.close({ deadlineMs: 5_000 });
    await this.client.close();
  }
}
