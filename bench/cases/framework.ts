import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { defineServiceSettings, metricsSettings } from 'millrace/config';
import { KafkaModule, kafkaSettings } from 'millrace/kafka';
import { MongoModule, MongoSink, mongoSettings } from 'millrace/mongo';
import { PipelineEvents, PipelineModule, pipelineSettings, startService } from 'millrace/pipeline';
import type { CpuWindow } from '../cpu-window';
import type { BenchTarget } from '../case-process';
import { OrderPlaced, orderDocument } from '../order-placed';

/** The candidate: the same work as a sink without a handler. */
export async function runFramework(target: BenchTarget, window: CpuWindow): Promise<void> {
  @MongoSink(OrderPlaced, {
    groupId: target.groupId,
    collection: 'orders',
    id: (_event, record) => record.eventId,
    document: (event) => orderDocument(event),
  })
  class OrderSink {}

  @Module({
    imports: [
      PipelineModule.forRoot({ service: 'bench' }),
      KafkaModule.forRoot(),
      MongoModule.forRoot(),
    ],
    providers: [OrderSink],
  })
  class BenchModule {}

  const app = await startService(
    {
      service: 'bench',
      module: BenchModule,
      settings: [
        defineServiceSettings({ httpPort: 0 }),
        metricsSettings,
        pipelineSettings,
        kafkaSettings,
        mongoSettings,
      ],
    },
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
  app?.get(PipelineEvents).on('finished', ({ records }) => window.add(records));
}
