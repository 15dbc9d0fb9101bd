import { Global, Module } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { HealthIndicatorService, TerminusModule } from '@nestjs/terminus';
import { EventLoopWatch } from './event-loop-watch';
import { HealthAnswers } from './health-answers';
import { HealthRegistry } from './health-registry';
import { HealthController } from './health.controller';
import { ConfigurableModuleClass, HEALTH_OPTIONS } from './health.module-definition';
import { LIFECYCLE_DEFAULTS } from './health.options';
import type { HealthOptions } from './health.options';
import { HttpCloser } from './http-closer';
import { Lifecycle } from './lifecycle';

// A class without options exists once in an app, however often HealthModule.forRoot is imported.
@Global()
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [
    HealthRegistry,
    {
      provide: Lifecycle,
      inject: [HEALTH_OPTIONS],
      useFactory: (options: HealthOptions) => new Lifecycle(options),
    },
    {
      provide: EventLoopWatch,
      inject: [HEALTH_OPTIONS],
      useFactory: ({ clock = LIFECYCLE_DEFAULTS.clock }: HealthOptions) =>
        new EventLoopWatch(clock),
    },
    {
      provide: HttpCloser,
      inject: [HEALTH_OPTIONS, Lifecycle, HttpAdapterHost],
      useFactory: (
        {
          clock = LIFECYCLE_DEFAULTS.clock,
          httpCloseBudgetMs = LIFECYCLE_DEFAULTS.httpCloseBudgetMs,
        }: HealthOptions,
        lifecycle: Lifecycle,
        adapterHost: HttpAdapterHost,
      ) => new HttpCloser(lifecycle, adapterHost, { clock, httpCloseBudgetMs }),
    },
    {
      provide: HealthAnswers,
      inject: [HEALTH_OPTIONS, Lifecycle, HealthRegistry, EventLoopWatch, HealthIndicatorService],
      useFactory: (
        { clock = LIFECYCLE_DEFAULTS.clock, service, version }: HealthOptions,
        lifecycle: Lifecycle,
        registry: HealthRegistry,
        eventLoop: EventLoopWatch,
        indicators: HealthIndicatorService,
      ) =>
        new HealthAnswers(lifecycle, registry, eventLoop, indicators, { clock, service, version }),
    },
  ],
  exports: [HealthRegistry, Lifecycle],
})
class HealthCoreModule {}

/**
 * Makes {@link Lifecycle} and {@link HealthRegistry} injectable everywhere and serves GET /livez,
 * /readyz, /startupz and /health.
 */
@Global()
@Module({ imports: [HealthCoreModule], exports: [HEALTH_OPTIONS] })
export class HealthModule extends ConfigurableModuleClass {}
