import { Global, Inject, Module, Optional } from '@nestjs/common';
import type { DynamicModule, OnModuleInit } from '@nestjs/common';
import { SETTINGS } from 'millrace/config';
import type { Settings } from 'millrace/config';
import { HealthRegistry, Lifecycle } from 'millrace/health';
import { Metrics } from 'millrace/metrics';
import { CLOCK, KAFKA_DRIVER, RANDOM, pipelineSettings } from 'millrace/pipeline';
import type { KafkaDriver } from 'millrace/pipeline';
import type { Clock, Random } from 'millrace/retry';
import { registerCodecs } from './codecs/register-codecs';
import { kafkaSettings } from './kafka.config';
import { kafkaOptionsOf } from './kafka.fields';
import { KafkaHealthCheck, KafkaParticipant } from './kafka.health';
import { LagPoller } from './kafka.lag';
import { KafkaMetrics } from './kafka.metrics';
import { ConfigurableModuleClass, KAFKA_MODULE_OPTIONS } from './kafka.module-definition';
import type { KafkaModuleOptions } from './kafka.module-definition';
import type { KafkaOverrides } from './kafka.options';
import { KafkajsDriver } from './kafkajs.driver';

/** Token of the {@link KafkajsDriver}; the same object as {@link KAFKA_DRIVER}. */
const DRIVER = Symbol('millrace/kafka driver');

const optional = (token: unknown) => ({ token: token as string, optional: true });

// A class without options exists once in an app, however often KafkaModule.forRoot is imported.
@Global()
@Module({
  providers: [
    {
      provide: DRIVER,
      inject: [
        KAFKA_MODULE_OPTIONS,
        optional(SETTINGS),
        optional(Metrics),
        optional(CLOCK),
        optional(RANDOM),
      ],
      useFactory: createDriver,
    },
    { provide: KAFKA_DRIVER, useExisting: DRIVER },
    { provide: LagPoller, inject: [DRIVER], useFactory: (driver: KafkajsDriver) => driver.lag },
  ],
  exports: [KAFKA_DRIVER, LagPoller],
})
class KafkaCoreModule implements OnModuleInit {
  constructor(
    @Inject(KAFKA_DRIVER) private readonly driver: KafkaDriver,
    @Inject(DRIVER) private readonly kafkajs: KafkajsDriver,
    @Optional() @Inject(Lifecycle) private readonly lifecycle?: Lifecycle,
    @Optional() @Inject(HealthRegistry) private readonly health?: HealthRegistry,
  ) {}

  async onModuleInit(): Promise<void> {
    await registerCodecs();
    // Here and not at the first connection: a wrong file ends the start, it is no outage.
    await this.kafkajs.prepare();
    this.lifecycle?.register(new KafkaParticipant(this.driver));
    this.health?.register(new KafkaHealthCheck(this.driver));
  }
}

/**
 * Makes the Kafka driver injectable everywhere, by {@link KAFKA_DRIVER}, and lets the life cycle of
 * the service connect and close it.
 *
 * Reads the settings of `millrace/config` when they are there; options of the call win.
 *
 * @example
 * imports: [SettingsModule.forRoot(settings), HealthModule, KafkaModule.forRoot()]
 */
@Global()
@Module({ imports: [KafkaCoreModule], exports: [KAFKA_MODULE_OPTIONS] })
export class KafkaModule extends ConfigurableModuleClass {
  static override forRoot(options: KafkaModuleOptions = {}): DynamicModule {
    return super.forRoot(options);
  }
}

function createDriver(
  { service, ...overrides }: KafkaModuleOptions,
  settings?: Settings,
  metrics?: Metrics,
  clock?: Clock,
  random?: Random,
): KafkajsDriver {
  return new KafkajsDriver(merge(baseOf(service, settings), overrides), {
    ...(metrics === undefined ? {} : { observer: new KafkaMetrics(metrics) }),
    ...(clock === undefined ? {} : { clock }),
    ...(random === undefined ? {} : { random }),
  });
}

function baseOf(service?: string, settings?: Settings): KafkaOverrides {
  if (settings === undefined) return service === undefined ? {} : { clientId: service };
  const drainMs = settings.has(pipelineSettings)
    ? settings.get(pipelineSettings).revokeDrainMs
    : undefined;
  return kafkaOptionsOf(settings.get(kafkaSettings), service, drainMs);
}

function merge(base: KafkaOverrides, overrides: KafkaOverrides): KafkaOverrides {
  return {
    ...base,
    ...overrides,
    consumer: { ...base.consumer, ...overrides.consumer },
    producer: { ...base.producer, ...overrides.producer },
    topics: { ...base.topics, ...overrides.topics },
  };
}
