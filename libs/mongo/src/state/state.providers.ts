import type { OnModuleInit, Provider } from '@nestjs/common';
import { PipelineRegistry } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { MongoConnection } from '../mongo.connection';
import { MongoIndexes } from '../mongo.indexes';
import { MONGO_CLOCK, RESOLVED_OPTIONS } from '../mongo.module-definition';
import type { ResolvedMongoOptions } from '../mongo.options';
import { MongoAuditLog } from './mongo.audit-log';
import { MongoControlStore } from './mongo.control-store';
import { INBOX_COLLECTION, MongoInbox, inboxIndex } from './mongo.inbox';
import { MongoJobStore } from './mongo.job-store';
import { MongoParkedLetters } from './mongo.parked-letters';

/** What the pipeline and its operators keep in the database. */
export interface StateStores {
  readonly inbox: MongoInbox;
  readonly controls: MongoControlStore;
  readonly parked: MongoParkedLetters;
  readonly jobs: MongoJobStore;
  readonly audit: MongoAuditLog;
}

/** Gives the pipeline its stores, unless the app runs without a database. */
export class StateRegistrar implements OnModuleInit {
  constructor(
    private readonly stores: StateStores,
    private readonly connection: Pick<MongoConnection, 'connects'>,
    private readonly indexes: Pick<MongoIndexes, 'declareWhen'>,
    private readonly options: Pick<ResolvedMongoOptions, 'inboxTtlMs'>,
    /** Absent in an app that only queries. */
    private readonly registry: PipelineRegistry | undefined,
  ) {}

  onModuleInit(): void {
    const { registry, indexes, options } = this;
    if (registry === undefined || !this.connection.connects) return;
    const { inbox, controls, parked, jobs, audit } = this.stores;
    registry.registerInbox(inbox);
    registry.registerControlStore(controls);
    registry.registerParkedLetters(parked);
    registry.registerJobStore(jobs);
    registry.registerAuditLog(audit);
    const isUsed = () => registry.subscriptions.some(({ options: { inbox } }) => inbox === true);
    indexes.declareWhen(isUsed, INBOX_COLLECTION, [inboxIndex(options.inboxTtlMs)]);
  }
}

type Store<Instance> = new (
  connection: MongoConnection,
  options: ResolvedMongoOptions,
  clock: Clock,
) => Instance;

function storeProvider<Instance>(store: Store<Instance>): Provider {
  return {
    provide: store,
    inject: [MongoConnection, RESOLVED_OPTIONS, MONGO_CLOCK],
    useFactory: (...parts: ConstructorParameters<Store<Instance>>) => new store(...parts),
  };
}

/** Every store, and who registers them. */
export const STATE_PROVIDERS: Provider[] = [
  storeProvider(MongoInbox),
  storeProvider(MongoControlStore),
  storeProvider(MongoParkedLetters),
  storeProvider(MongoJobStore),
  storeProvider(MongoAuditLog),
  {
    provide: StateRegistrar,
    inject: [
      MongoInbox,
      MongoControlStore,
      MongoParkedLetters,
      MongoJobStore,
      MongoAuditLog,
      MongoConnection,
      MongoIndexes,
      RESOLVED_OPTIONS,
      { token: PipelineRegistry, optional: true },
    ],
    useFactory: (
      inbox: MongoInbox,
      controls: MongoControlStore,
      parked: MongoParkedLetters,
      jobs: MongoJobStore,
      audit: MongoAuditLog,
      connection: MongoConnection,
      indexes: MongoIndexes,
      options: ResolvedMongoOptions,
      registry: PipelineRegistry | undefined,
    ): StateRegistrar => {
      const stores = { inbox, controls, parked, jobs, audit };
      return new StateRegistrar(stores, connection, indexes, options, registry);
    },
  },
];
