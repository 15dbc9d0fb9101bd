import { Logger } from '@nestjs/common';
import type { Clock } from 'millrace/retry';
import type { MongoClient } from 'mongodb';
import type { Connection } from 'mongoose';

/** How long the calls of a client that was replaced may go on; longer than one bulk takes; unit ms. */
const DRAIN_MS = 30_000;
/** Wait after a client that could not be opened; unit ms. */
const AGAIN_MS = 10_000;

export interface ClientExchangeParts {
  readonly connection: Connection;
  readonly database: string;
  readonly clock: Clock;
  /** Opens a client with what is good now, and asks the server something. Rejects when it is refused. */
  readonly open: () => Promise<MongoClient>;
}

/**
 * Puts a new client in the place of the one of an open connection, because its certificate or
 * password was exchanged.
 *
 * Promises: the new one has answered before it is used; while it is refused the old one stays, and it
 * is tried again; calls of the old one end before it is closed, and so do sessions that belong to it.
 *
 * @see https://www.mongodb.com/docs/drivers/node/current/connect/connection-options/tls/
 */
export class ClientExchange {
  private readonly logger = new Logger('Mongo');
  private readonly drained = new Map<MongoClient, () => void>();
  private running: Promise<void> | null = null;
  private isWanted = false;
  private cancelAgain: (() => void) | null = null;
  private isClosed = false;

  constructor(private readonly parts: ClientExchangeParts) {}

  /** Exchanges the client; a call while one runs makes it run once more. Never rejects. */
  async run(): Promise<void> {
    this.isWanted = true;
    this.cancelAgain?.();
    this.running ??= this.all().finally(() => (this.running = null));
    await this.running;
  }

  /** Stops; what still drains is closed at once. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.cancelAgain?.();
    await this.running;
    const clients = [...this.drained];
    for (const [, cancel] of clients) cancel();
    this.drained.clear();
    await Promise.all(clients.map(([client]) => client.close().catch(() => undefined)));
  }

  private async all(): Promise<void> {
    while (this.isWanted && !this.isClosed) {
      this.isWanted = false;
      await this.once();
    }
  }

  private async once(): Promise<void> {
    const { connection, database, clock, open } = this.parts;
    let client: MongoClient;
    try {
      client = await open();
    } catch (error) {
      this.logger.warn(
        { event: 'mongo.exchange.refused' },
        `the connections of mongo stay as they were, new ones are refused: ${(error as Error).message}`,
      );
      this.cancelAgain = clock.setTimer(() => void this.run(), AGAIN_MS);
      return;
    }
    if (this.isClosed) return client.close();
    const before = adopt(connection, client, database);
    this.logger.log({ event: 'mongo.exchanged' }, 'mongo is spoken to by new connections');
    this.drain(before);
  }

  private drain(client: MongoClient): void {
    const cancel = this.parts.clock.setTimer(() => {
      // Of a transaction that still runs: it has to end where it began.
      if (sessionsOf(client) > 0) return this.drain(client);
      this.drained.delete(client);
      void client.close().catch(() => undefined);
    }, DRAIN_MS);
    this.drained.set(client, cancel);
  }
}

/** What of mongoose's connection and of the driver's client is reached into; specs hold them to it. */
interface OpenConnection {
  client: MongoClient;
  db: unknown;
  readonly collections: Readonly<Record<string, { onOpen(): void }>>;
}
interface ClientWithSessions {
  readonly s?: { readonly activeSessions?: ReadonlySet<unknown> };
}

/** mongoose takes another client only while it is disconnected, and then models fail. */
function adopt(connection: Connection, client: MongoClient, database: string): MongoClient {
  const open = connection as unknown as OpenConnection;
  const before = open.client;
  // mongoose would take the end of the old client for the end of the connection.
  before.removeAllListeners('topologyDescriptionChanged');
  before.removeAllListeners('serverDescriptionChanged');
  before.removeAllListeners('serverHeartbeatSucceeded');
  open.client = client;
  open.db = client.db(database);
  for (const collection of Object.values(open.collections)) collection.onOpen();
  return before;
}

/** The driver counts a session until it is ended; those of single calls end with them. */
const sessionsOf = (client: MongoClient): number =>
  (client as unknown as ClientWithSessions).s?.activeSessions?.size ?? 0;
