import type { Clock } from 'millrace/retry';
import type { CertificateDetail, TlsStatus } from 'millrace/tls';
import { MongoClient } from 'mongodb';
import type { Binary, ClientSession, Collection, Document } from 'mongodb';
import { ConnectionStates } from 'mongoose';
import type { Connection, Model } from 'mongoose';
import { ClientExchange } from './client.exchange';
import { uriFacts } from './connection-uri';
import { within } from './deadline';
import { hello } from './hello';
import type { HelloFacts } from './hello';
import { MongoClosedError, MongoNotWritableError } from './mongo.errors';
import { clientOptions, connectOptions } from './mongo.options';
import type { ResolvedMongoOptions } from './mongo.options';
import { MongoSecurity } from './mongo.security';
import { callError } from './mongo.translation';

/** Longest wait of a ping or hello; unit ms. Below the interval of the health check. */
export const PING_TIMEOUT_MS = 4_000;

/** What the server is and can do. */
export interface ServerFacts extends HelloFacts {
  readonly version: string;
  /** Transactions need a replica set or a sharded cluster, and sessions. */
  readonly hasTransactions: boolean;
  /** The server's wall clock minus ours, half of the round trip taken off; null when it does not say; unit ms. */
  readonly clockSkewMs: number | null;
}

/**
 * Holds the connection to MongoDB: sinks and queries go through it, so the client behind it may be
 * exchanged.
 *
 * Promise: every collection writes with `w:majority` and `journal`, whatever the connection string
 * or a schema says.
 */
export class MongoConnection {
  private readonly collections = new WeakMap<MongoClient, Map<string, Collection>>();
  private closed = false;
  private readonly security: MongoSecurity;
  private readonly exchange: ClientExchange;

  constructor(
    private readonly connection: Connection,
    private readonly options: ResolvedMongoOptions,
    private readonly clock: Clock,
    onCertificate: (status: TlsStatus) => void = () => undefined,
  ) {
    this.security = new MongoSecurity(options, clock, {
      onStatus: onCertificate,
      onExchange: () => void this.renew(),
    });
    const { database } = options;
    const open = () => this.openClient();
    this.exchange = new ClientExchange({ connection, database, clock, open });
    // Nest's module closes the connection too, perhaps first.
    const onClose = () => (this.closed = true);
    connection.on('disconnecting', onClose);
    connection.on('close', onClose);
  }

  /** Hosts, for people and logs; example `127.0.0.1:27017`. */
  get address(): string {
    return uriFacts(this.options.uri.reveal()).address;
  }

  get database(): string {
    return this.options.database;
  }

  /** What it proves itself with, for health answers; null without TLS. */
  get certificate(): CertificateDetail | null {
    return this.security.certificate;
  }

  /** False when this app runs without a database. */
  get connects(): boolean {
    return this.options.connects;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /**
   * Gives a collection of the driver, not of mongoose: no casting, no buffering.
   *
   * @param session - of the transaction that it is for: the client may have been exchanged since that
   * began.
   * @throws {MongoClosedError} MONGO_CLOSED before the connection was opened and after the shutdown.
   */
  collection<T extends Document = Document>(name: string, session?: ClientSession): Collection<T> {
    const client = clientOf(session) ?? this.client();
    const known = this.collections.get(client) ?? new Map<string, Collection>();
    this.collections.set(client, known);
    let found = known.get(name);
    if (found === undefined) {
      found = client.db(this.options.database).collection(name, {
        writeConcern: { w: 'majority', journal: true },
        // Optional fields of an event are left out, not stored as null.
        ignoreUndefined: true,
      });
      known.set(name, found);
    }
    return found as unknown as Collection<T>;
  }

  /**
   * Begins a session, for transactions; who begins one ends it (`endSession`).
   *
   * @throws {MongoClosedError} MONGO_CLOSED before the connection was opened and after the shutdown.
   */
  startSession(): ClientSession {
    return this.client().startSession();
  }

  /** Ends a session of any process, and with it what it has open. @throws errors of the driver. */
  async killSession(id: Binary): Promise<void> {
    await this.client()
      .db('admin')
      .command({ killSessions: [{ id }] });
  }

  /** Gives a registered mongoose model; undefined when there is none of that name. */
  model<T = unknown>(name: string): Model<T> | undefined {
    return this.connection.models[name] as Model<T> | undefined;
  }

  /** Every registered model. */
  get models(): ReadonlyArray<Model<unknown>> {
    return Object.values(this.connection.models) as Array<Model<unknown>>;
  }

  /**
   * Reads the files of certificates once; asks no server.
   *
   * @throws {MillraceError} of `TLS_ERRORS` when they cannot be used.
   */
  async prepare(): Promise<void> {
    await this.security.prepare();
  }

  /**
   * Speaks to the server by new connections, made with what its files hold now; calls that run end
   * on the old ones. Before `open` there is nothing to exchange. Never rejects.
   */
  async renew(): Promise<void> {
    if (this.closed || this.connection.readyState !== ConnectionStates.connected) return;
    await this.exchange.run();
  }

  /**
   * Makes one attempt to connect and to find a primary that can be written to.
   *
   * @param signal - fires when the shutdown begins: the attempt ends.
   * @throws {MillraceError} infrastructure while nobody answers or an election runs; fatal when the
   * credentials are refused.
   */
  async open(signal: AbortSignal): Promise<HelloFacts> {
    const giveUp = () => void this.currentClient()?.close();
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      await this.prepare();
      const options = connectOptions(this.options, this.security.options);
      await this.connection.openUri(this.options.uri.reveal(), options);
      return await this.writablePrimary();
    } catch (error) {
      throw callError(error);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** Resolves after a real round trip to the primary. @throws {MillraceError} when there is none. */
  async ping(): Promise<void> {
    await this.ask({ ping: 1 });
  }

  /** Resolves when the primary answers and can be written to; a real call. @throws {MillraceError} */
  async probe(): Promise<void> {
    await this.writablePrimary();
    await this.ping();
  }

  /** Asks the server what it is; a real call. @throws {MillraceError} */
  async facts(): Promise<ServerFacts> {
    const askedAt = this.clock.monotonicMs();
    const answer = await this.ask({ hello: 1 });
    const halfTripMs = (this.clock.monotonicMs() - askedAt) / 2;
    const { version } = await this.ask({ buildInfo: 1 });
    const { localTime } = answer as { readonly localTime?: unknown };
    const facts = hello(answer);
    return {
      ...facts,
      version: String(version),
      hasTransactions:
        facts.replicaSet !== null && typeof answer['logicalSessionTimeoutMinutes'] === 'number',
      clockSkewMs:
        localTime instanceof Date
          ? Math.round(localTime.getTime() + halfTripMs - this.clock.now())
          : null,
    };
  }

  /**
   * Closes for good; a second call, or one of Nest's module, is harmless.
   *
   * The driver says goodbye to the server first and would wait for its answer until the socket times
   * out, so a silent server is left after the deadline.
   *
   * @param deadlineMs - unit ms.
   */
  async close(deadlineMs: number): Promise<void> {
    this.closed = true;
    this.security.stop();
    const { clock } = this;
    await within({ clock, deadlineMs }, async () => {
      await this.exchange.close();
      // mongoose would wait for an attempt to connect; the driver ends it at once.
      if (this.connection.readyState === ConnectionStates.connecting)
        await this.currentClient()?.close();
      await this.connection.destroy();
    });
  }

  private async writablePrimary(): Promise<HelloFacts> {
    const facts = hello(await this.ask({ hello: 1 }));
    if (!facts.isWritablePrimary) throw new MongoNotWritableError({ where: this.address });
    return facts;
  }

  private async ask(command: Document): Promise<Document> {
    try {
      return await within({ clock: this.clock, deadlineMs: PING_TIMEOUT_MS }, () =>
        this.client().db('admin').command(command),
      );
    } catch (error) {
      throw callError(error);
    }
  }

  private async openClient(): Promise<MongoClient> {
    const client = new MongoClient(
      this.options.uri.reveal(),
      clientOptions(this.options, this.security.options),
    );
    try {
      const { clock } = this;
      await within({ clock, deadlineMs: PING_TIMEOUT_MS }, async () => {
        await client.connect();
        await client.db(this.options.database).command({ ping: 1 });
      });
      return client;
    } catch (error) {
      await client.close().catch(() => undefined);
      throw callError(error);
    }
  }

  private client(): MongoClient {
    const client = this.currentClient();
    if (client === undefined || this.closed) throw new MongoClosedError({ where: this.address });
    return client;
  }

  private currentClient(): MongoClient | undefined {
    return this.connection.getClient();
  }
}

/** A session works with the client that began it, and with no other. */
const clientOf = (session: ClientSession | undefined): MongoClient | undefined =>
  (session as { readonly client?: MongoClient } | undefined)?.client;
