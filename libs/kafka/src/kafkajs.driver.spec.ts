import { Logger } from '@nestjs/common';
import { FakeCluster } from './fakes/fake-cluster';
import { protocolError } from './fakes/fake-producer';
import { ManualClock, settle } from './fakes/manual-clock';
import type { KafkaObserver } from './kafka.observer';
import { SILENT_OBSERVER } from './kafka.observer';
import { KafkajsDriver } from './kafkajs.driver';

describe('KafkajsDriver', () => {
  let cluster: FakeCluster;
  let clock: ManualClock;
  let contacts: boolean[];
  let driver: KafkajsDriver;

  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  beforeEach(() => {
    cluster = new FakeCluster().topic('prices', 2);
    clock = new ManualClock();
    contacts = [];
    const observer: KafkaObserver = {
      ...SILENT_OBSERVER,
      contact: (connected) => contacts.push(connected),
    };
    driver = new KafkajsDriver(
      { brokers: ['a:1', 'b:2'] },
      { clock, observer, createClient: cluster.createClient },
    );
  });

  it('says who and where it is', () => {
    expect(driver).toMatchObject({ name: 'kafkajs', address: 'a:1,b:2' });
    expect(driver.capabilities).toEqual({
      awaitedRevoke: true,
      cooperative: false,
      staticMembership: false,
    });
  });

  describe('connect and health', () => {
    it('is connected after an answer, and not before', async () => {
      expect(driver.health()).toEqual({ connected: false, lastSuccessAgeMs: null });
      await driver.connect({ deadlineMs: 1_000 });
      expect(driver.health()).toEqual({ connected: true, lastSuccessAgeMs: 0 });
    });

    it('is one attempt that fails with a code', async () => {
      cluster.isDown = true;
      await expect(driver.connect({ deadlineMs: 1_000 })).rejects.toMatchObject({
        code: 'KAFKA_UNAVAILABLE',
        failure: 'infrastructure',
      });
      cluster.downError = protocolError('SASL_AUTHENTICATION_FAILED');
      await expect(driver.connect({ deadlineMs: 1_000 })).rejects.toMatchObject({
        code: 'KAFKA_AUTHENTICATION',
      });
      cluster.isDown = false;
      await expect(driver.connect({ deadlineMs: 1_000 })).resolves.toBeUndefined();
    });

    it('ends at its deadline when nobody answers at all', async () => {
      const hung = new KafkajsDriver(
        {},
        {
          clock,
          createClient: (config) => ({
            ...cluster.createClient(config),
            admin: () => ({ connect: () => new Promise(() => undefined) }) as never,
          }),
        },
      );
      const connecting = hung.connect({ deadlineMs: 3_000 });
      connecting.catch(() => undefined);
      await clock.advance(3_000);
      await expect(connecting).rejects.toMatchObject({
        code: 'KAFKA_UNAVAILABLE',
        message: 'no Kafka broker answered within 3000 ms',
      });
    });

    it('notices by itself that the brokers went and came, without being asked', async () => {
      await driver.connect({ deadlineMs: 1_000 });
      cluster.isDown = true;
      await clock.advance(15_000);
      expect(driver.health().connected).toBe(false);
      cluster.isDown = false;
      await clock.advance(6_000);
      expect(driver.health().connected).toBe(true);
      expect(contacts).toEqual([true, false, true]);
    });

    it('is not connected any longer when it was closed', async () => {
      await driver.connect({ deadlineMs: 1_000 });
      await driver.close({ deadlineMs: 1_000 });
      expect(driver.health().connected).toBe(false);
    });

    it('answers health from memory', async () => {
      await driver.connect({ deadlineMs: 1_000 });
      const before = cluster.adminCalls;
      for (let call = 0; call < 100; call += 1) driver.health();
      expect(cluster.adminCalls).toBe(before);
    });

    it('leaves no timer behind when it is closed [D12]', async () => {
      await driver.connect({ deadlineMs: 1_000 });
      driver.watchLag('g', ['prices']);
      const producer = driver.producer({ name: 'events' });
      await producer.flush({ deadlineMs: 100 });
      await driver.close({ deadlineMs: 1_000 });
      expect(clock.pendingTimers).toBe(0);
      await expect(driver.admin().offsets('prices')).rejects.toMatchObject({
        code: 'KAFKA_UNAVAILABLE',
      });
    });
  });

  describe('admin', () => {
    it('lists an absent topic as absent', async () => {
      expect(await driver.admin().describeTopics(['prices', 'nowhere'])).toEqual([
        { topic: 'prices', exists: true, partitions: 2, replicationFactor: 1 },
        { topic: 'nowhere', exists: false, partitions: 0, replicationFactor: 0 },
      ]);
    });

    it('answers offsets as bigint, and special committed values as none [P2] [X10]', async () => {
      cluster.ranges.set('prices', [{ low: '3', high: '9007199254740993' }]);
      cluster.committed.set(
        'g',
        new Map([
          [0, '5'],
          [1, '-1'],
          [2, '-2'],
        ]),
      );
      expect(await driver.admin().offsets('prices')).toEqual(
        new Map([[0, { earliest: 3n, end: 9_007_199_254_740_993n }]]),
      );
      expect(await driver.admin().committed('g', 'prices')).toEqual(
        new Map([
          [0, 5n],
          [1, null],
          [2, null],
        ]),
      );
    });

    it('keeps one connection, and gives it up after an outage', async () => {
      await driver.admin().describeTopics(['prices']);
      await driver.admin().describeTopics(['prices']);
      expect(cluster.adminConfigs).toHaveLength(1);
      cluster.isDown = true;
      await expect(driver.admin().describeTopics(['prices'])).rejects.toMatchObject({
        code: 'KAFKA_UNAVAILABLE',
      });
      cluster.isDown = false;
      await driver.admin().describeTopics(['prices']);
      expect(cluster.adminConfigs.length).toBeGreaterThan(1);
    });

    it('reads the lag of a group that it was told to watch', async () => {
      cluster.ranges.set('prices', [{ low: '0', high: '10' }]);
      cluster.committed.set('g', new Map([[0, '4']]));
      expect(driver.lagOf('g')).toBeNull();
      driver.watchLag('g', ['prices']);
      await clock.advance(1_000);
      expect(driver.lagOf('g')).toBe(6);
      await settle();
    });
  });
});
