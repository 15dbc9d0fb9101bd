import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { SettingsModule, loadSettings } from 'millrace/config';
import { KAFKA_DRIVER, connectPipeline } from 'millrace/pipeline';
import { PRODUCER_SETTINGS } from '../../apps/producer/src/producer.config';
import { configureProducer, producerAdapter } from '../../apps/producer/src/producer.http';
import { ProducerModule } from '../../apps/producer/src/producer.module';
import { ScriptedDriver } from './scripted-driver';

export interface ProducerApp {
  readonly app: NestExpressApplication;
  readonly driver: ScriptedDriver;
  readonly url: string;
}

/** Starts the producer as it is, on a driver without brokers. Close `app` afterwards. */
export async function producerApp(
  env: Readonly<Record<string, string>> = {},
): Promise<ProducerApp> {
  const driver = new ScriptedDriver();
  const settings = loadSettings({
    slices: PRODUCER_SETTINGS,
    env: { LOG_LEVEL: 'silent', NODE_ENV: 'test', READINESS_LAG_MS: '0', ...env },
  });
  const testing = await Test.createTestingModule({
    imports: [SettingsModule.forRoot(settings), ProducerModule],
  })
    .overrideProvider(KAFKA_DRIVER)
    .useValue(driver.asDriver())
    .compile();
  const app = testing.createNestApplication<NestExpressApplication>(producerAdapter(settings), {
    bodyParser: false,
    logger: false,
  });
  connectPipeline(app);
  configureProducer(app);
  await app.init();
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  return { app, driver, url: await app.getUrl() };
}
