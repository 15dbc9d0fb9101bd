import { Global, Module } from '@nestjs/common';
import type { DynamicModule, Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { SETTINGS, metricsSettings, serviceSettings } from 'millrace/config';
import type { Settings } from 'millrace/config';
import type { Contract, ContractIdentity } from 'millrace/contracts';
import { HealthModule, HealthRegistry, Lifecycle } from 'millrace/health';
import { LoggingModule } from 'millrace/logging';
import { Metrics, MetricsModule } from 'millrace/metrics';
import { systemClock } from 'millrace/retry';
import type { Clock, Random } from 'millrace/retry';
import { DeadLetterWriter } from './failures/dead-letter.writer';
import { RetryTopicWriter } from './failures/retry-topic.writer';
import { directCallOf } from './direct-call';
import type { KafkaDriver } from './ports/driver';
import { EventPublisher, getPublisherToken } from './publishing/event.publisher';
import { pipelineSettings } from './pipeline.config';
import { PipelineEvents } from './pipeline.events';
import { pipelineMetrics } from './pipeline.metrics';
import type { PipelineMetrics } from './pipeline.metrics';
import { Producers } from './publishing/producers';
import { PipelineRegistry } from './pipeline.registry';
import type { SinkWriter } from './pipeline.registry';
import { PipelineRuntime } from './pipeline.runtime';
import { PipelineServer } from './pipeline.server';
import { CLOCK, KAFKA_DRIVER, PIPELINE_METRICS, RANDOM, SINK_WRITER } from './pipeline.tokens';
import { PIPELINE_OPTIONS } from './pipeline.tokens';

export interface PipelineModuleOptions {
  /** Name of the service: log lines, health, `ce_source`, group of plain handlers. */
  readonly service: string;
}

const corePorts: Provider[] = [
  { provide: CLOCK, useValue: systemClock },
  { provide: RANDOM, useValue: Math.random },
  { provide: SINK_WRITER, useValue: undefined },
  PipelineEvents,
  {
    provide: PipelineRegistry,
    inject: [SINK_WRITER],
    useFactory: (sinkWriter: SinkWriter | undefined) => new PipelineRegistry(sinkWriter),
  },
  { provide: PIPELINE_METRICS, inject: [Metrics], useFactory: pipelineMetrics },
];

const core: Provider[] = [
  {
    provide: PipelineServer,
    inject: [PipelineRegistry, PIPELINE_OPTIONS, ModulesContainer],
    useFactory: (
      registry: PipelineRegistry,
      { service }: PipelineModuleOptions,
      modules: ModulesContainer,
    ) => new PipelineServer(registry, service, (extras) => directCallOf(extras, modules)),
  },
  {
    provide: Producers,
    inject: [KAFKA_DRIVER, Lifecycle],
    useFactory: (driver: KafkaDriver, lifecycle: Lifecycle) => new Producers(driver, lifecycle),
  },
  {
    provide: PipelineRuntime,
    inject: [
      PipelineRegistry,
      PipelineServer,
      KAFKA_DRIVER,
      Producers,
      SETTINGS,
      PIPELINE_METRICS,
      PipelineEvents,
      Lifecycle,
      HealthRegistry,
      CLOCK,
      RANDOM,
      PIPELINE_OPTIONS,
    ],
    useFactory: makeRuntime,
  },
];

/**
 * Brings the whole core into an app: configuration, logging, metrics, health, life cycle and the
 * transport of `@Consumes`. Import it once; adapters (`KafkaModule`, `MongoModule`) beside it.
 *
 * @example imports: [PipelineModule.forRoot({ service: 'processor' }), KafkaModule.forRoot(), MongoModule.forRoot()]
 */
@Global()
@Module({})
export class PipelineModule {
  static forRoot(options: PipelineModuleOptions): DynamicModule {
    const { service } = options;
    return {
      module: PipelineModule,
      imports: [
        LoggingModule.forRootAsync({
          inject: [SETTINGS],
          useFactory: (settings: Settings) => loggingOf(service, settings),
        }),
        MetricsModule.forRootAsync({
          inject: [SETTINGS],
          useFactory: (settings: Settings) => metricsOf(service, settings),
        }),
        HealthModule.forRootAsync({
          inject: [SETTINGS],
          useFactory: (settings: Settings) => healthOf(service, settings),
        }),
      ],
      providers: [{ provide: PIPELINE_OPTIONS, useValue: options }, ...corePorts, ...core],
      exports: [
        CLOCK,
        RANDOM,
        PIPELINE_METRICS,
        PIPELINE_OPTIONS,
        PipelineEvents,
        PipelineRegistry,
        PipelineRuntime,
        PipelineServer,
        Producers,
      ],
    };
  }

  /**
   * Makes an {@link EventPublisher} injectable for each contract; its topic is looked after at start.
   *
   * @param feature.publishes - contracts whose events this module publishes.
   */
  static forFeature(feature: { readonly publishes: readonly ContractIdentity[] }): DynamicModule {
    const providers = feature.publishes.map((contract) => publisherProvider(contract as Contract));
    return {
      module: PipelineFeatureModule,
      providers,
      exports: feature.publishes.map((contract) => getPublisherToken(contract)),
    };
  }
}

/** Holds the publishers of one feature. */
@Module({})
class PipelineFeatureModule {}

function publisherProvider(contract: Contract): Provider {
  return {
    provide: getPublisherToken(contract),
    inject: [PipelineRegistry, Producers, PIPELINE_OPTIONS, PIPELINE_METRICS, CLOCK],
    useFactory: (
      registry: PipelineRegistry,
      producers: Producers,
      { service }: PipelineModuleOptions,
      metrics: PipelineMetrics,
      clock: Clock,
    ) => {
      registry.registerPublished(contract);
      return new EventPublisher(contract, {
        producer: producers.events,
        source: service,
        metrics,
        clock,
      });
    },
  };
}

function makeRuntime(
  registry: PipelineRegistry,
  server: PipelineServer,
  driver: KafkaDriver,
  producers: Producers,
  settings: Settings,
  metrics: PipelineMetrics,
  events: PipelineEvents,
  lifecycle: Lifecycle,
  health: HealthRegistry,
  clock: Clock,
  random: Random,
  { service }: PipelineModuleOptions,
): PipelineRuntime {
  const { version, commit } = settings.get(serviceSettings);
  metrics.build.set({ version, commit, node_version: process.versions.node }, 1);
  const showState = (state: string) => {
    metrics.lifecycle.reset();
    metrics.lifecycle.set({ state }, 1);
  };
  showState(lifecycle.state);
  lifecycle.onStateChange(showState);
  return new PipelineRuntime({
    registry,
    server,
    driver,
    deadLetters: new DeadLetterWriter(producers.deadLetters, clock),
    retryTopics: new RetryTopicWriter(producers.deadLetters, clock),
    settings: settings.get(pipelineSettings),
    metrics,
    events,
    lifecycle,
    health,
    service,
    serviceVersion: version,
    clock,
    random,
  });
}

function loggingOf(service: string, settings: Settings) {
  const { version, logLevel, logPretty } = settings.get(serviceSettings);
  return { service, version, level: logLevel, pretty: logPretty };
}

function metricsOf(service: string, settings: Settings) {
  const { httpPort, httpHost } = settings.get(serviceSettings);
  const { port } = settings.get(metricsSettings);
  return { service, httpPort, host: httpHost, ...(port === undefined ? {} : { port }) };
}

function healthOf(service: string, settings: Settings) {
  const { version, readinessLagMs, drainBudgetMs, httpCloseBudgetMs, closeBudgetMs } =
    settings.get(serviceSettings);
  return { service, version, readinessLagMs, drainBudgetMs, httpCloseBudgetMs, closeBudgetMs };
}
