import { Injectable } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { Test } from '@nestjs/testing';
import { z } from 'zod';
import {
  ConfigInvalidError,
  ConfigSchemaAsyncError,
  defineSettings,
  loadSettings,
  Secret,
  SETTINGS,
  SettingsModule,
  standardSchema,
  text,
} from 'millrace/config';

const kafkaSettings = defineSettings('kafka', {
  brokers: { env: 'KAFKA_BROKERS', schema: text, default: 'localhost:9092', description: '' },
  password: { env: 'KAFKA_PASSWORD', schema: text, secret: true, description: '' },
});

const env = { KAFKA_PASSWORD: 'canary' };

describe('SettingsModule', () => {
  const settings = loadSettings({ slices: [kafkaSettings], env });

  async function start(...imports: ReturnType<typeof SettingsModule.forRoot>[]) {
    return Test.createTestingModule({ imports }).compile();
  }

  it('gives the settings by token and by ConfigService', async () => {
    const module = await start(SettingsModule.forRoot(settings));
    expect(module.get(SETTINGS)).toBe(settings);
    const config = module.get(ConfigService);
    expect(config.get('kafka.brokers')).toBe('localhost:9092');
    expect(config.get<Secret>('kafka.password')?.reveal()).toBe('canary');
    await module.close();
  });

  it('is global', async () => {
    @Injectable()
    class Reader {
      constructor(readonly config: ConfigService) {}
    }
    const module = await Test.createTestingModule({
      imports: [
        { module: class Feature {}, providers: [Reader], exports: [Reader] },
        SettingsModule.forRoot(settings),
      ],
    }).compile();
    expect(module.get(Reader, { strict: false }).config.get('kafka.brokers')).toBe(
      'localhost:9092',
    );
    await module.close();
  });

  it('neither reads nor writes the environment of the process', async () => {
    const before = { ...process.env };
    const module = await start(SettingsModule.forRoot(settings));
    expect(module.get(ConfigService).get('PATH')).toBeUndefined();
    expect(process.env).toEqual(before);
    await module.close();
  });

  it('may be imported twice', async () => {
    const module = await start(SettingsModule.forRoot(settings), SettingsModule.forRoot(settings));
    expect(module.get(SETTINGS)).toBe(settings);
    await module.close();
  });
});

describe('standardSchema', () => {
  const schema = z.object({ HTTP_PORT: z.coerce.number<string>(), KAFKA_BROKERS: z.string() });

  /** Boots an app on a bad environment, handed over without touching that of the process. */
  async function boot(options: Parameters<typeof ConfigModule.forRoot>[0]) {
    return Test.createTestingModule({
      imports: [ConfigModule.forRoot({ ignoreEnvFile: true, ignoreEnvVars: true, ...options })],
    }).compile();
  }

  it('stops an app with a bad environment, naming every variable', async () => {
    const validate = (given: Record<string, unknown>) =>
      standardSchema(schema)({ ...given, HTTP_PORT: 'canary' });
    const booting = boot({ validate });
    await expect(booting).rejects.toThrow(ConfigInvalidError);
    await expect(booting).rejects.toThrow(/HTTP_PORT: .*\n {2}KAFKA_BROKERS: /);
    await expect(booting).rejects.not.toThrow(/canary/);
  });

  it('shows why it is needed: zod as validationSchema stops nothing', async () => {
    const module = await boot({ validationSchema: schema });
    expect(module.get(ConfigService).get('KAFKA_BROKERS')).toBeUndefined();
    await module.close();
  });

  it('gives parsed values to ConfigService', async () => {
    const validate = () => standardSchema(schema)({ HTTP_PORT: '8000', KAFKA_BROKERS: 'a:1' });
    const before = { ...process.env };
    const module = await boot({ validate });
    expect(module.get(ConfigService).get('HTTP_PORT')).toBe(8000);
    await module.close();
    // @nestjs/config itself writes what it validated into process.env.
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  });

  it('refuses an asynchronous schema with a code', () => {
    const slow = z.object({ A: z.string().refine(async () => true) });
    expect(() => standardSchema(slow)({ A: 'x' })).toThrow(ConfigSchemaAsyncError);
  });
});
