import { Global, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { MongooseModule, getConnectionToken } from '@nestjs/mongoose';
import { SETTINGS } from 'millrace/config';
import type { Settings } from 'millrace/config';
import { HealthRegistry, Lifecycle } from 'millrace/health';
import { Metrics } from 'millrace/metrics';
import { CLOCK, PipelineRegistry, SINK_WRITER } from 'millrace/pipeline';
import { systemClock } from 'millrace/retry';
import type { Clock } from 'millrace/retry';
import { TlsMetrics } from 'millrace/tls';
import type { Connection } from 'mongoose';
import { MongoSinkExplorer } from './mongo-sink.explorer';
import { MongoSinkFactory } from './mongo-sink.factory';
import { MongoConnection } from './mongo.connection';
import { MongoHealth } from './mongo.health';
import { MongoIndexes } from './mongo.indexes';
import { SinkMetrics } from './mongo.metrics';
import {
  ConfigurableModuleClass,
  MONGO_CLOCK,
  MONGO_OPTIONS,
  RESOLVED_OPTIONS,
} from './mongo.module-definition';
import { MONGOOSE_RULES, resolveMongoOptions } from './mongo.options';
import type { MongoOptions, ResolvedMongoOptions } from './mongo.options';
import { MongoParticipant } from './mongo.participant';
import { MongoOffsetStore } from './offsets/mongo.offset-store';
import { OFFSETS_PROVIDERS } from './offsets/offsets.providers';
import { MongoControlStore } from './state/mongo.control-store';
import { MongoInbox } from './state/mongo.inbox';
import { STATE_PROVIDERS } from './state/state.providers';

// A class without options exists once in an app, however often MongoModule.forRoot is imported.
@Global()
@Module({
  imports: [
    DiscoveryModule,
    MongooseModule.forRootAsync({
      // Without a URI mongoose makes a connection and opens nothing; the life cycle opens it.
      useFactory: () => ({ lazyConnection: true, connectionFactory: prepareConnection }),
    }),
  ],
  providers: [
    {
      provide: RESOLVED_OPTIONS,
      inject: [MONGO_OPTIONS, SETTINGS, { token: SINK_WRITER, optional: true }],
      // Who puts other sinks in place of ours has no database.
      useFactory: (options: MongoOptions, settings: Settings, otherSinks: unknown) =>
        resolveMongoOptions({ connects: otherSinks === undefined, ...options }, settings),
    },
    {
      provide: MONGO_CLOCK,
      inject: [{ token: CLOCK, optional: true }],
      useFactory: (clock: Clock | undefined) => clock ?? systemClock,
    },
    {
      provide: MongoConnection,
      inject: [getConnectionToken(), RESOLVED_OPTIONS, MONGO_CLOCK, Metrics],
      useFactory: (
        connection: Connection,
        options: ResolvedMongoOptions,
        clock: Clock,
        metrics: Metrics,
      ) =>
        new MongoConnection(connection, options, clock, (status) =>
          new TlsMetrics(metrics).observe(status),
        ),
    },
    {
      provide: MongoHealth,
      inject: [MongoConnection, MONGO_CLOCK],
      useFactory: (connection: MongoConnection, clock: Clock) => new MongoHealth(connection, clock),
    },
    {
      provide: MongoIndexes,
      inject: [MongoConnection],
      useFactory: (connection: MongoConnection) => new MongoIndexes(connection),
    },
    {
      provide: MongoParticipant,
      inject: [
        MongoConnection,
        MongoHealth,
        MongoIndexes,
        RESOLVED_OPTIONS,
        Lifecycle,
        HealthRegistry,
      ],
      useFactory: (...parts: ConstructorParameters<typeof MongoParticipant>) =>
        new MongoParticipant(...parts),
    },
    {
      provide: MongoSinkFactory,
      inject: [MongoConnection, RESOLVED_OPTIONS, MONGO_CLOCK, Metrics, MongoOffsetStore],
      useFactory: (
        connection: MongoConnection,
        options: ResolvedMongoOptions,
        clock: Clock,
        metrics: Metrics,
        offsets: MongoOffsetStore,
      ) => new MongoSinkFactory(connection, options, clock, new SinkMetrics(metrics), offsets),
    },
    {
      provide: MongoSinkExplorer,
      inject: [
        DiscoveryService,
        MongoSinkFactory,
        MongoIndexes,
        MongoConnection,
        RESOLVED_OPTIONS,
        { token: PipelineRegistry, optional: true },
      ],
      useFactory: (...parts: ConstructorParameters<typeof MongoSinkExplorer>) =>
        new MongoSinkExplorer(...parts),
    },
    ...STATE_PROVIDERS,
    ...OFFSETS_PROVIDERS,
  ],
  exports: [MongoConnection, MongoIndexes, MongoSinkFactory, MongoInbox, MongoControlStore],
})
class MongoCoreModule {}

/**
 * Connects to MongoDB, keeps its health, and registers every provider with `@MongoSink`.
 *
 * Needs `SettingsModule`, `HealthModule` and `MetricsModule`. `MongooseModule.forFeature`,
 * `@InjectModel` and `@InjectConnection` work as their users know them; the connection is opened by
 * the life cycle, so nothing waits for a server while modules are made.
 */
@Global()
@Module({ imports: [MongoCoreModule], exports: [MONGO_OPTIONS] })
export class MongoModule extends ConfigurableModuleClass {
  /** @param options - override settings; default none. */
  static override forRoot(options: MongoOptions = {}): DynamicModule {
    return super.forRoot(options);
  }
}

function prepareConnection(connection: Connection): Connection {
  // Nest's module would close it before Kafka is closed; the life cycle does so after (`destroy`).
  connection.close = () => Promise.resolve();
  // Listening also answers the rejection of the attempt that has no URI.
  connection.on('error', () => undefined);
  // Models are compiled before the connection is opened and must know these rules by then.
  Object.assign((connection as unknown as { readonly config: object }).config, MONGOOSE_RULES);
  return connection;
}
