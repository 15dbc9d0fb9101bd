import type { OnModuleInit, Provider } from '@nestjs/common';
import { Lifecycle } from 'millrace/health';
import type { Participant } from 'millrace/health';
import { PipelineRegistry } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { MongoConnection } from '../mongo.connection';
import { MONGO_CLOCK, RESOLVED_OPTIONS } from '../mongo.module-definition';
import type { ResolvedMongoOptions } from '../mongo.options';
import { hasTransactions } from '../mongo.transactions';
import { MongoOffsetStore, OFFSETS_COLLECTION } from './mongo.offset-store';
import { OffsetsTransactionsMissingError } from './offsets.errors';

/** After the connection, before any consumer. */
const OFFSETS_ORDER = 5;

/** Looks for transactions where a sink stores its position with its data, and ends its sessions. */
export class OffsetsParticipant implements Participant, OnModuleInit {
  readonly name = 'offsets';
  readonly order = OFFSETS_ORDER;

  constructor(
    private readonly store: MongoOffsetStore,
    private readonly connection: Pick<
      MongoConnection,
      'address' | 'collection' | 'connects' | 'startSession'
    >,
    private readonly clock: Clock,
    private readonly lifecycle: Lifecycle,
    /** Absent in an app that only queries. */
    private readonly registry: PipelineRegistry | undefined,
  ) {}

  onModuleInit(): void {
    if (this.registry === undefined || !this.connection.connects) return;
    this.registry.registerOffsetStore(this.store);
    this.lifecycle.register(this);
  }

  describe(): string {
    return `transactions on mongo ${this.connection.address}`;
  }

  /** @throws {OffsetsTransactionsMissingError} OFFSETS_TRANSACTIONS_MISSING. */
  async connect(): Promise<void> {
    const { registry, connection, clock } = this;
    const sink = registry?.subscriptions.find(({ options }) => options.offsets === 'transaction');
    if (sink === undefined) return;
    if (await hasTransactions(connection, OFFSETS_COLLECTION, clock)) return;
    throw new OffsetsTransactionsMissingError({
      message: `${sink.name} stores its position with its data, and ${connection.address} has no transactions`,
      where: sink.name,
    });
  }

  async close(): Promise<void> {
    await this.store.close();
  }
}

/** The store of positions, and who looks after it. */
export const OFFSETS_PROVIDERS: Provider[] = [
  {
    provide: MongoOffsetStore,
    inject: [MongoConnection, RESOLVED_OPTIONS, MONGO_CLOCK],
    useFactory: (
      connection: MongoConnection,
      { writeTimeoutMs }: ResolvedMongoOptions,
      clock: Clock,
    ) => new MongoOffsetStore({ connection, writeTimeoutMs, clock }),
  },
  {
    provide: OffsetsParticipant,
    inject: [
      MongoOffsetStore,
      MongoConnection,
      MONGO_CLOCK,
      Lifecycle,
      { token: PipelineRegistry, optional: true },
    ],
    useFactory: (...parts: ConstructorParameters<typeof OffsetsParticipant>) =>
      new OffsetsParticipant(...parts),
  },
];
