import { Inject, Logger, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { SettingsModule, loadSettings } from 'millrace/config';
import { HealthModule, HealthRegistry } from 'millrace/health';
import { Metrics, MetricsModule } from 'millrace/metrics';
import { KAFKA_DRIVER, pipelineSettings } from 'millrace/pipeline';
import type { KafkaDriver } from 'millrace/pipeline';
import { kafkaSettings } from './kafka.config';
import { KafkaHealthCheck, KafkaParticipant } from './kafka.health';
import { LagPoller } from './kafka.lag';
import { KafkaMetrics } from './kafka.metrics';
import { KafkaModule } from './kafka.module';
import type { KafkajsDriver } from './kafkajs.driver';

const settings = loadSettings({
  slices: [kafkaSettings],
  env: { KAFKA_BROKERS: 'settings:1', KAFKA_LINGER_MS: '9' },
});

describe('KafkaModule', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  it('provides the driver from the settings, and options of the call win', async () => {
    const module = await Test.createTestingModule({
      imports: [
        SettingsModule.forRoot(settings),
        KafkaModule.forRoot({ consumer: { maxWaitMs: 123 } }),
      ],
    }).compile();
    const driver = module.get<KafkajsDriver>(KAFKA_DRIVER);
    expect(driver.address).toBe('settings:1');
    expect(driver.options.producer.lingerMs).toBe(9);
    expect(driver.options.consumer.maxWaitMs).toBe(123);
    expect(module.get(LagPoller)).toBe(driver.lag);
    await module.close();
  });

  it('names the client after the service, unless the environment names it', async () => {
    const compile = async (env: Record<string, string>) => {
      const own = loadSettings({ slices: [kafkaSettings], env });
      const module = await Test.createTestingModule({
        imports: [SettingsModule.forRoot(own), KafkaModule.forRoot({ service: 'processor' })],
      }).compile();
      const { clientId } = module.get<KafkajsDriver>(KAFKA_DRIVER).options;
      await module.close();
      return clientId;
    };
    expect(await compile({})).toBe('processor');
    expect(await compile({ KAFKA_CLIENT_ID: 'own' })).toBe('own');
  });

  it('lets a rebalance wait as long as the pipeline may need, and never shorter than by itself', async () => {
    const drainOf = async (revokeDrainMs: string) => {
      const env = { PIPELINE_REVOKE_DRAIN_MS: revokeDrainMs };
      const own = loadSettings({ slices: [kafkaSettings, pipelineSettings], env });
      const module = await Test.createTestingModule({
        imports: [SettingsModule.forRoot(own), KafkaModule.forRoot()],
      }).compile();
      const { consumer } = module.get<KafkajsDriver>(KAFKA_DRIVER).options;
      await module.close();
      return consumer.revokeDrainMs;
    };
    expect([await drainOf('12000'), await drainOf('1300')]).toEqual([12_000, 5_000]);
  });

  it('works without any other module, and asynchronously', async () => {
    const module = await Test.createTestingModule({
      imports: [KafkaModule.forRootAsync({ useFactory: () => ({ brokers: ['async:1'] }) })],
    }).compile();
    expect(module.get<KafkaDriver>(KAFKA_DRIVER).address).toBe('async:1');
    await module.close();
  });

  it('is one driver however often it is imported', async () => {
    const drivers: KafkaDriver[] = [];
    @Module({ imports: [KafkaModule.forRoot()] })
    class One {
      constructor(@Inject(KAFKA_DRIVER) driver: KafkaDriver) {
        drivers.push(driver);
      }
    }
    @Module({ imports: [KafkaModule.forRoot({ service: 'other' })] })
    class Other {
      constructor(@Inject(KAFKA_DRIVER) driver: KafkaDriver) {
        drivers.push(driver);
      }
    }
    const module = await Test.createTestingModule({ imports: [One, Other] }).compile();
    await module.init();
    expect(drivers).toHaveLength(2);
    expect(new Set(drivers).size).toBe(1);
    await module.close();
  });

  it('registers a check that is critical and down before the first answer', async () => {
    const module = await Test.createTestingModule({
      imports: [
        SettingsModule.forRoot(settings),
        MetricsModule.forRoot({ service: 'spec', defaultMetrics: false }),
        HealthModule.forRoot({ service: 'spec', version: '1' }),
        KafkaModule.forRoot(),
      ],
    })
      .overrideProvider(KAFKA_DRIVER)
      .useValue({
        address: 'fake:1',
        health: () => ({ connected: false, lastSuccessAgeMs: null }),
        connect: () => new Promise(() => undefined),
        close: () => Promise.resolve(),
      })
      .compile();
    await module.init();
    expect(module.get(HealthRegistry).read()).toContainEqual({
      name: 'kafka',
      critical: true,
      state: { status: 'down', brokers: 'fake:1', lastAnswerAgeMs: null },
    });
    await module.close();
  });
});

describe('KafkaParticipant and KafkaHealthCheck', () => {
  const driver = (connected: boolean) =>
    ({
      address: 'b:9092',
      connect: jest.fn(() => Promise.resolve()),
      close: jest.fn(() => Promise.resolve()),
      health: () => ({ connected, lastSuccessAgeMs: 12.4 }),
    }) as unknown as KafkaDriver & { connect: jest.Mock; close: jest.Mock };

  it('connects and closes the driver in its turn', async () => {
    const fake = driver(true);
    const participant = new KafkaParticipant(fake);
    expect(participant).toMatchObject({ name: 'kafka', order: 10 });
    expect(participant.describe()).toBe('kafka b:9092');
    await participant.connect();
    await participant.close({ deadlineMs: 77 });
    expect(fake.connect).toHaveBeenCalledWith({ deadlineMs: 10_000 });
    expect(fake.close).toHaveBeenCalledWith({ deadlineMs: 77 });
  });

  it('tells what the driver knows', () => {
    expect(new KafkaHealthCheck(driver(true)).read()).toEqual({
      status: 'up',
      brokers: 'b:9092',
      lastAnswerAgeMs: 12,
    });
    expect(new KafkaHealthCheck(driver(false)).read().status).toBe('down');
  });
});

describe('KafkaMetrics', () => {
  it('has the names and labels of the contract', async () => {
    const metrics = new Metrics();
    const kafka = new KafkaMetrics(metrics);
    kafka.watched('g');
    kafka.rebalanced('g', 'join');
    kafka.heartbeat('g', 5);
    kafka.fetched('g', 5);
    kafka.committed('g', 5);
    kafka.crashed('g');
    kafka.contact(true);
    kafka.buffered('events', 3, 100);
    kafka.benignLog();
    kafka.lag('g', {
      records: 7,
      readAtMs: 0,
      partitions: [{ topic: 't', partition: 2, records: 7, ageMs: 1_500 }],
    });
    const text = await metrics.registry.metrics();
    for (const line of [
      'pipeline_rebalances_total{group="g",cause="join"} 1',
      'pipeline_rebalances_total{group="g",cause="timeout"} 0',
      'pipeline_consumer_crashes_total{group="g"} 1',
      'pipeline_dependency_up{dependency="kafka"} 1',
      'pipeline_consumer_lag_records{topic="t",partition="2",group="g"} 7',
      'pipeline_consumer_lag_seconds{topic="t",partition="2",group="g"} 1.5',
      'pipeline_group_lag_records{group="g"} 7',
      'pipeline_producer_buffer_records{pipeline="events"} 3',
      'pipeline_producer_buffer_capacity_records{pipeline="events"} 100',
      'pipeline_heartbeat_duration_seconds_sum{group="g"} 0.005',
      'pipeline_fetch_duration_seconds_count{group="g"} 1',
      'pipeline_commit_duration_seconds_count{group="g"} 1',
      'pipeline_kafka_client_lowered_lines_total 1',
    ]) {
      expect(text).toContain(line);
    }
  });
});
