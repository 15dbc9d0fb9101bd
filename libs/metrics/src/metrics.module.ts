import { Global, Module } from '@nestjs/common';
import type { MiddlewareConsumer, NestModule } from '@nestjs/common';
import { collectDefaultMetrics } from 'prom-client';
import { HttpMetricsMiddleware } from './http-metrics.middleware';
import { Metrics } from './metrics';
import { MetricsListener } from './metrics-listener';
import { MetricsController } from './metrics.controller';
import { ConfigurableModuleClass, METRICS_OPTIONS } from './metrics.module-definition';
import { METRICS_DEFAULTS } from './metrics.options';
import type { MetricsOptions } from './metrics.options';

// A class without options exists once in an app, however often MetricsModule.forRoot is imported.
@Global()
@Module({
  controllers: [MetricsController],
  providers: [
    { provide: Metrics, inject: [METRICS_OPTIONS], useFactory: createMetrics },
    {
      provide: MetricsListener,
      inject: [Metrics, METRICS_OPTIONS],
      useFactory: (metrics: Metrics, options: MetricsOptions) =>
        new MetricsListener(metrics, options),
    },
  ],
  exports: [Metrics, MetricsListener],
})
class MetricsCoreModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(HttpMetricsMiddleware).forRoutes('{*path}');
  }
}

/**
 * Makes {@link Metrics} injectable everywhere, measures HTTP requests and serves GET /metrics: on the
 * port of the HTTP server, or on its own when `port` differs from `httpPort`.
 */
@Global()
@Module({ imports: [MetricsCoreModule], exports: [METRICS_OPTIONS] })
export class MetricsModule extends ConfigurableModuleClass {}

function createMetrics({
  registry,
  defaultMetrics = METRICS_DEFAULTS.defaultMetrics,
}: MetricsOptions): Metrics {
  const metrics = new Metrics(registry);
  // A registry of the user may have them already, and registering twice throws.
  const hasDefaults = metrics.registry.getSingleMetric('process_cpu_seconds_total') !== undefined;
  if (defaultMetrics && !hasDefaults) {
    collectDefaultMetrics({
      register: metrics.registry,
      eventLoopMonitoringPrecision: LOOP_SAMPLE_MS,
    });
  }
  return metrics;
} /** prom-client's own 10 ms wake an idle service 100 times per second; unit ms. */
const LOOP_SAMPLE_MS = 100;
