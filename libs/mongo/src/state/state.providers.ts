import type { OnModuleInit, Provider } from '@nestjs/common';
import { PipelineRegistry } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { MongoConnection } from '../mongo.connection';
import { MongoIndexes } from '../mongo.indexes';
import { MONGO_CLOCK, RESOLVED_OPTIONS } from '../mongo.module-definition';
import type { ResolvedMongoOptions } from '../mongo.options';
import { MongoControlStore } from './mongo.control-store';
import { INBOX_COLLECTION, MongoInbox, inboxIndex } from './mongo.inbox';

/** Gives the pipeline its inbox and its control store, unless the app runs without a database. */
export class StateRegistrar implements OnModuleInit {
  constructor(
    private readonly inbox: MongoInbox,
    private readonly controls: MongoControlStore,
    private readonly connection: Pick<MongoConnection, 'connects'>,
    private readonly indexes: Pick<MongoIndexes, 'declareWhen'>,
    private readonly options: Pick<ResolvedMongoOptions, 'inboxTtlMs'>,
    /** Absent in an app that only queries. */
    private readonly registry: PipelineRegistry | undefined,
  ) {}

  onModuleInit(): void {
    const { registry, indexes, options } = this;
    if (registry === undefined || !this.connection.connects) return;
    registry.registerInbox(this.inbox);
    registry.registerControlStore(this.controls);
    const isUsed = () => registry.subscriptions.some(({ options: { inbox } }) => inbox === true);
    indexes.declareWhen(isUsed, INBOX_COLLECTION, [inboxIndex(options.inboxTtlMs)]);
  }
}

/** Inbox, control store, and who registers them. */
export const STATE_PROVIDERS: Provider[] = [
  {
    provide: MongoInbox,
    inject: [MongoConnection, RESOLVED_OPTIONS, MONGO_CLOCK],
    useFactory: (connection: MongoConnection, options: ResolvedMongoOptions, clock: Clock) =>
      new MongoInbox(connection, options, clock),
  },
  {
    provide: MongoControlStore,
    inject: [MongoConnection, RESOLVED_OPTIONS, MONGO_CLOCK],
    useFactory: (connection: MongoConnection, options: ResolvedMongoOptions, clock: Clock) =>
      new MongoControlStore(connection, options, clock),
  },
  {
    provide: StateRegistrar,
    inject: [
      MongoInbox,
      MongoControlStore,
      MongoConnection,
      MongoIndexes,
      RESOLVED_OPTIONS,
      { token: PipelineRegistry, optional: true },
    ],
    useFactory: (...parts: ConstructorParameters<typeof StateRegistrar>) =>
      new StateRegistrar(...parts),
  },
];
