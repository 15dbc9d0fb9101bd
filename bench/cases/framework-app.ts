import { Module } from '@nestjs/common';
import type { INestApplication, Provider, Type } from '@nestjs/common';
import { defineServiceSettings, metricsSettings } from 'millrace/config';
import { KafkaModule, kafkaSettings } from 'millrace/kafka';
import { MongoModule, mongoSettings } from 'millrace/mongo';
import { PipelineEvents, PipelineModule, pipelineSettings, startService } from 'millrace/pipeline';
import type { BenchTarget } from '../bench.order';
import type { MeasuringWindow } from '../measuring-window';

/** Starts a whole service with default settings, as the reference apps do, and counts what it finishes. */
export async function startFramework(
  target: BenchTarget,
  window: MeasuringWindow,
  parts: { readonly providers?: Provider[]; readonly controllers?: Type[] },
): Promise<INestApplication> {
  @Module({
    imports: [
      PipelineModule.forRoot({ service: 'bench' }),
      KafkaModule.forRoot(),
      MongoModule.forRoot(),
    ],
    ...parts,
  })
  class BenchModule {}

  const settings = [
    defineServiceSettings({ httpPort: 0 }),
    metricsSettings,
    pipelineSettings,
    kafkaSettings,
    mongoSettings,
  ];
  const app = await startService(
    { service: 'bench', module: BenchModule, settings },
    {
      env: {
        NODE_ENV: 'test',
        LOG_LEVEL: 'error',
        HTTP_PORT: '0',
        HTTP_HOST: '127.0.0.1',
        KAFKA_BROKERS: target.broker,
        MONGODB_URI: target.mongoUri,
      },
      stderr: process.stderr,
      exit: (code) => process.exit(code),
      on: (event, listener) => process.on(event, listener),
      off: (event, listener) => process.off(event, listener),
    },
  );
  if (app === undefined) throw new Error('the service did not start');
  app.get(PipelineEvents).on('finished', ({ records, outcomes }) => window.add(records, outcomes));
  return app;
}
