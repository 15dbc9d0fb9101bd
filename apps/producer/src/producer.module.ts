import { Module } from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import { SETTINGS } from 'millrace/config';
import type { Settings } from 'millrace/config';
import { KafkaModule } from 'millrace/kafka';
import { Metrics } from 'millrace/metrics';
import { CLOCK, PipelineModule } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { HttpsMaterial, httpsSettings } from 'millrace/tls';
import type { TlsServer } from 'millrace/tls';
import { MetalsModule } from './metals/metals.module';
import { ProblemFilter } from './problem.filter';

/** Takes prices in, by HTTP, from files and from the generator, and publishes them to Kafka. */
@Module({
  imports: [PipelineModule.forRoot({ service: 'producer' }), KafkaModule.forRoot(), MetalsModule],
  providers: [
    { provide: APP_FILTER, useClass: ProblemFilter },
    {
      provide: HttpsMaterial,
      inject: [SETTINGS, CLOCK, Metrics, HttpAdapterHost],
      useFactory: (settings: Settings, clock: Clock, metrics: Metrics, host: HttpAdapterHost) =>
        new HttpsMaterial({
          settings: settings.get(httpsSettings),
          server: () => host.httpAdapter.getHttpServer() as TlsServer,
          ...{ clock, metrics },
        }),
    },
  ],
})
export class ProducerModule {}
