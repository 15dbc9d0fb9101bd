import 'reflect-metadata';
import { Global, Module } from '@nestjs/common';
import type { INestApplication, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  SettingsModule,
  defineServiceSettings,
  loadSettings,
  metricsSettings,
} from 'millrace/config';
import { Lifecycle } from 'millrace/health';
import { mongoSettings } from 'millrace/mongo';
import { KAFKA_DRIVER, connectPipeline, pipelineSettings } from 'millrace/pipeline';
import type { KafkaDriver } from 'millrace/pipeline';
import { mongoUri } from './mongo-server';

/** Starts an app on the real database and brokers in memory; close it. */
export async function startMongoApp(
  module: Type,
  driver: KafkaDriver,
  database: string,
): Promise<INestApplication> {
  @Global()
  @Module({ providers: [{ provide: KAFKA_DRIVER, useValue: driver }], exports: [KAFKA_DRIVER] })
  class DriverModule {}
  const settings = loadSettings({
    slices: [
      defineServiceSettings({ httpPort: 0 }),
      ...[metricsSettings, pipelineSettings, mongoSettings],
    ],
    env: {
      NODE_ENV: 'test',
      LOG_LEVEL: 'silent',
      HTTP_HOST: '127.0.0.1',
      MONGODB_URI: mongoUri,
      MONGODB_DATABASE: database,
      PIPELINE_COMMIT_INTERVAL_MS: '20',
    },
  });
  const imports = [SettingsModule.forRoot(settings), DriverModule, module];
  const testing = await Test.createTestingModule({ imports }).compile();
  const app = testing.createNestApplication({ logger: false });
  connectPipeline(app);
  await app.init();
  await app.startAllMicroservices();
  await app.get(Lifecycle).whenServing();
  return app;
}
