import { Logger } from '@nestjs/common';
import { logLevel } from 'kafkajs';
import { DEFAULTS, resolveKafkaOptions } from './kafka.options';
import { FakeCluster } from './fakes/fake-cluster';
import { ManualClock, settle } from './fakes/manual-clock';
import { KafkajsDriver } from './kafkajs.driver';
import { registerCodecs } from './codecs/register-codecs';

const RETRY_FIELDS = ['factor', 'initialRetryTime', 'maxRetryTime', 'multiplier', 'retries'];

describe('what kafkajs is told', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  const cluster = new FakeCluster().topic('prices');

  beforeAll(async () => {
    await registerCodecs();
    const clock = new ManualClock();
    const driver = new KafkajsDriver(
      { brokers: ['a:1', 'b:2'], clientId: 'processor' },
      { clock, createClient: cluster.createClient, random: () => 0 },
    );
    await driver.connect({ deadlineMs: 1_000 });
    driver
      .consumer({ groupId: 'g', topics: ['prices'] })
      .start(() => Promise.resolve({ resume: null }))
      .catch(() => undefined);
    void driver
      .producer({ name: 'events' })
      .publish([{ topic: 'prices', key: null, value: null, headers: [] }], { deadlineMs: 1_000 });
    await clock.advance(100);
    await settle();
  });

  it('has every retry field of client, consumer, producer and admin written out [X2]', () => {
    const { configs, consumers, producers, adminConfigs } = cluster;
    const retries = [
      ...configs.map(({ retry }) => retry),
      ...consumers.map(({ config }) => config.retry),
      ...producers.map(({ config }) => config.retry),
      ...adminConfigs.map((config) => (config as { retry: object }).retry),
    ];
    expect(retries.length).toBe(configs.length + 3);
    for (const retry of retries) {
      for (const field of RETRY_FIELDS) expect(retry).toHaveProperty(field, expect.any(Number));
    }
  });

  it('makes one client per port, with the client id as it is', () => {
    expect(cluster.configs.length).toBeGreaterThanOrEqual(3);
    for (const config of cluster.configs) {
      expect(config).toMatchObject({
        brokers: ['a:1', 'b:2'],
        clientId: 'processor',
        connectionTimeout: 10_000,
        authenticationTimeout: 10_000,
        requestTimeout: 30_000,
        enforceRequestTimeout: true,
        logLevel: logLevel.INFO,
      });
      expect(config.socketFactory).toBeInstanceOf(Function);
      expect(config.logCreator).toBeInstanceOf(Function);
    }
    expect(new Set(cluster.configs.map(({ socketFactory }) => socketFactory)).size).toBe(
      cluster.configs.length,
    );
  });

  it('is idempotent, retries without end and creates no topics [X1] [S19] [PRO-03]', () => {
    expect(cluster.producers[0]?.config).toMatchObject({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: { retries: Number.MAX_SAFE_INTEGER },
    });
    expect(cluster.producers[0]?.config.transactionalId).toBeUndefined();
    expect(cluster.sends[0]).toMatchObject({ acks: -1, timeout: 30_000 });
  });

  it('gives a consumer every value of its own [S19]', () => {
    expect(cluster.consumers[0]?.config).toMatchObject({
      groupId: 'g',
      sessionTimeout: 45_000,
      heartbeatInterval: 3_000,
      rebalanceTimeout: 60_000,
      maxWaitTimeInMs: 500,
      minBytes: 1,
      maxBytesPerPartition: 262_144,
      maxBytes: 10_485_760,
      metadataMaxAge: 60_000,
      readUncommitted: false,
      allowAutoTopicCreation: false,
    });
    expect(cluster.consumers[0]?.runConfig.partitionsConsumedConcurrently).toBe(4);
  });
});

describe('resolveKafkaOptions', () => {
  it('changes nothing when nothing is given', () => {
    expect(resolveKafkaOptions()).toEqual(DEFAULTS);
  });

  it('keeps the defaults beside what is given', () => {
    const options = resolveKafkaOptions({ consumer: { maxWaitMs: 250 } });
    expect(options.consumer).toEqual({ ...DEFAULTS.consumer, maxWaitMs: 250 });
  });

  it.each([
    [{ consumer: { heartbeatIntervalMs: 15_001 } }, 'SESSION_TOO_SHORT'],
    [{ consumer: { sessionTimeoutMs: 8_999 } }, 'SESSION_TOO_SHORT'],
    [{ consumer: { revokeDrainMs: 23_000 } }, 'KAFKA_SETTINGS_INVALID'],
    [{ consumer: { maxWaitMs: 20_000 } }, 'KAFKA_SETTINGS_INVALID'],
    [{ requestTimeoutMs: 400 }, 'KAFKA_SETTINGS_INVALID'],
    [{ consumer: { maxBytesPerPartition: 20_000_000 } }, 'KAFKA_SETTINGS_INVALID'],
    [{ producer: { batchBytes: 64_000_000 } }, 'KAFKA_SETTINGS_INVALID'],
    [{ producer: { bufferRecords: 10 } }, 'KAFKA_SETTINGS_INVALID'],
    [{ brokers: [] }, 'KAFKA_SETTINGS_INVALID'],
  ])('refuses %j with %s', (overrides, code) => {
    expect(() => resolveKafkaOptions(overrides)).toThrow(expect.objectContaining({ code }));
  });

  it('has defaults that nobody can change', () => {
    expect(Object.isFrozen(DEFAULTS)).toBe(true);
    expect(Object.isFrozen(DEFAULTS.consumer)).toBe(true);
    expect(Object.isFrozen(DEFAULTS.producer)).toBe(true);
  });
});
