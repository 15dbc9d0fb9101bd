import { Global, Module } from '@nestjs/common';
import type { DynamicModule, OnModuleInit, Provider } from '@nestjs/common';
import type { Contract } from 'millrace/contracts';
import { HealthRegistry, Lifecycle } from 'millrace/health';
import { Metrics } from 'millrace/metrics';
import { CLOCK, KAFKA_DRIVER, PIPELINE_OPTIONS, PipelineRegistry, RANDOM } from 'millrace/pipeline';
import type { KafkaDriver, PipelineModuleOptions } from 'millrace/pipeline';
import type { Clock, Random } from 'millrace/retry';
import { MongoConnection } from '../mongo.connection';
import { MongoIndexes } from '../mongo.indexes';
import { Outbox } from './outbox';
import { outboxSettings } from './outbox.options';
import type { OutboxOptions } from './outbox.options';
import { OutboxParticipant } from './outbox.participant';
import { outboxIndexes } from './outbox.store';

/** Token of the options. */
const OUTBOX_OPTIONS = Symbol('millrace:outbox-options');

/**
 * Publishes events as part of transactions of MongoDB: provides {@link Outbox}, and relays.
 *
 * Needs `PipelineModule`, `KafkaModule` and `MongoModule` beside it. A server without transactions is
 * refused when the connection is there: OUTBOX_TRANSACTIONS_MISSING.
 *
 * @example imports: [OutboxModule.forRoot({ publishes: [OrderPlaced] })]
 */
@Global()
@Module({})
export class OutboxModule {
  static forRoot(options: OutboxOptions): DynamicModule {
    return {
      module: OutboxModule,
      providers: [{ provide: OUTBOX_OPTIONS, useValue: options }, ...PROVIDERS],
      exports: [Outbox],
    };
  }
}

/** Makes known what the outbox needs before anything connects. */
class OutboxRegistrar implements OnModuleInit {
  constructor(
    private readonly options: OutboxOptions,
    private readonly participant: OutboxParticipant,
    private readonly indexes: MongoIndexes,
    private readonly registry: PipelineRegistry,
    private readonly lifecycle: Lifecycle,
    private readonly checks: HealthRegistry,
  ) {}

  onModuleInit(): void {
    const { options, registry, indexes, participant } = this;
    for (const contract of options.publishes) registry.registerPublished(contract as Contract);
    const { refusedTtlMs, relays } = outboxSettings(options);
    for (const [name, specs] of outboxIndexes(refusedTtlMs)) indexes.declare(name, specs);
    this.lifecycle.register(participant);
    if (relays) this.checks.register(participant.relay);
  }
}

const PROVIDERS: Provider[] = [
  {
    provide: OutboxParticipant,
    inject: [OUTBOX_OPTIONS, MongoConnection, KAFKA_DRIVER, Metrics, CLOCK, RANDOM],
    useFactory: (
      options: OutboxOptions,
      connection: MongoConnection,
      driver: KafkaDriver,
      metrics: Metrics,
      clock: Clock,
      random: Random,
    ) => {
      const settings = outboxSettings(options);
      return new OutboxParticipant({ settings, connection, driver, metrics, clock, random });
    },
  },
  {
    provide: Outbox,
    inject: [OUTBOX_OPTIONS, MongoConnection, OutboxParticipant, PIPELINE_OPTIONS, CLOCK],
    useFactory: (
      { publishes }: OutboxOptions,
      connection: MongoConnection,
      participant: OutboxParticipant,
      { service: source }: PipelineModuleOptions,
      clock: Clock,
    ) => new Outbox({ connection, source, publishes, clock, wake: () => participant.relay.poke() }),
  },
  {
    provide: OutboxRegistrar,
    inject: [
      OUTBOX_OPTIONS,
      OutboxParticipant,
      MongoIndexes,
      PipelineRegistry,
      Lifecycle,
      HealthRegistry,
    ],
    useFactory: (...parts: ConstructorParameters<typeof OutboxRegistrar>) =>
      new OutboxRegistrar(...parts),
  },
];
