import { Injectable, Logger } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { HealthRegistry, Lifecycle } from 'millrace/health';
import type { Participant } from 'millrace/health';
import { MongoConnection } from './mongo.connection';
import { MongoReplicaSetMissingError } from './mongo.errors';
import { MongoHealth } from './mongo.health';
import { MongoIndexes } from './mongo.indexes';
import type { ResolvedMongoOptions } from './mongo.options';

/** Connects before Kafka and closes after it: records in hand can still be written. */
export const MONGO_ORDER = 0;

/** Longest wait for a server to say goodbye; unit ms. */
const CLOSE_TIMEOUT_MS = 3_000;

/** Takes part in the life cycle of the service on behalf of the database. */
@Injectable()
export class MongoParticipant implements Participant, OnModuleInit {
  readonly name = 'mongo';
  readonly order = MONGO_ORDER;
  private readonly logger = new Logger('Mongo');

  constructor(
    private readonly connection: MongoConnection,
    private readonly health: MongoHealth,
    private readonly indexes: MongoIndexes,
    private readonly options: ResolvedMongoOptions,
    private readonly lifecycle: Lifecycle,
    private readonly checks: HealthRegistry,
  ) {}

  async onModuleInit(): Promise<void> {
    if (!this.options.connects) return;
    // Here and not at the first connection: a wrong file ends the start, it is no outage.
    await this.connection.prepare();
    this.lifecycle.register(this);
    this.checks.register(this.health);
  }

  describe(): string {
    return `mongo ${this.connection.address}`;
  }

  async connect(signal: AbortSignal): Promise<void> {
    const { replicaSet } = await this.connection.open(signal);
    const { address, database } = this.connection;
    if (replicaSet === null) this.standalone();
    await this.indexes.ensure(this.options.indexes);
    this.health.start();
    this.logger.log(
      { event: 'mongo.connected', address, database, replica_set: replicaSet },
      `connected to mongo ${address}, database ${database}`,
    );
  }

  async close({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    this.health.stop();
    await this.connection.close(Math.min(deadlineMs, CLOSE_TIMEOUT_MS));
  }

  private standalone(): void {
    const { address } = this.connection;
    if (this.options.requiresReplicaSet) throw new MongoReplicaSetMissingError({ where: address });
    this.logger.warn(`${address} is not in a replica set: acknowledged writes can be lost with it`);
  }
}
