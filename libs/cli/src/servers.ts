import type { Settings } from 'millrace/config';
import type { MongoConnection, ServerFacts } from 'millrace/mongo';
import type { KafkaDriver } from 'millrace/pipeline';
import type { CliEdge, ServerName, Servers } from './edge';
import { kafkaLib, mongoLib, operationsLib } from './lazy';
import type { CliProject } from './project';

const CONNECT_MS = 10_000;
const CLOSE_MS = 3_000;
const CLIENT_ID = 'millrace-cli';

/** Kafka and MongoDB, as the settings name them; opens nothing by itself. */
export function createServers(
  edge: Pick<CliEdge, 'clock' | 'random' | 'signal' | 'user'>,
  settings: Settings,
  project: CliProject | undefined,
): Servers {
  const { KafkajsDriver, kafkaOptionsOf, kafkaSettings } = kafkaLib();
  const { createMongoConnection, createMongoStores } = mongoLib();
  const { clock, random } = edge;
  const driver = new KafkajsDriver(kafkaOptionsOf(settings.get(kafkaSettings), CLIENT_ID), {
    clock,
    random,
  });
  const connection = createMongoConnection(settings, { clock });
  const stores = createMongoStores(connection, settings, { clock });
  const operations = operationsLib().createOperations({
    driver,
    clock,
    random,
    ...stores,
    contracts: () => project?.contracts ?? [],
  });
  const opened = new Opened(driver, connection, edge.signal);
  return {
    driver,
    operations,
    controls: stores.controls,
    audit: stores.audit,
    open: (names) => opened.open(names),
    databaseFacts: () => opened.databaseFacts(),
    close: async () => {
      await operations.close({ deadlineMs: CLOSE_MS });
      await opened.close();
    },
  };
}

/** What of the servers is open. */
class Opened {
  private readonly names = new Set<ServerName>();

  constructor(
    private readonly driver: KafkaDriver,
    private readonly connection: MongoConnection,
    private readonly signal: AbortSignal,
  ) {}

  async open(names: readonly ServerName[]): Promise<void> {
    const wanted = names.filter((name) => !this.names.has(name));
    wanted.forEach((name) => this.names.add(name));
    await Promise.all(wanted.map((name) => this.openOne(name)));
  }

  async databaseFacts(): Promise<ServerFacts> {
    await this.open(['database']);
    return this.connection.facts();
  }

  async close(): Promise<void> {
    await Promise.all([
      this.driver.close({ deadlineMs: CLOSE_MS }),
      this.connection.close(CLOSE_MS),
    ]);
  }

  private async openOne(name: ServerName): Promise<void> {
    switch (name) {
      case 'kafka':
        return this.driver.connect({ deadlineMs: CONNECT_MS });
      case 'database':
        await this.connection.open(this.signal);
        return;
      default:
        return name satisfies never;
    }
  }
}
