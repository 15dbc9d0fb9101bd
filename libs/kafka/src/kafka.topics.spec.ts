import { Logger } from '@nestjs/common';
import type { TopicSpec } from 'millrace/pipeline';
import { FakeCluster } from './fakes/fake-cluster';
import { ManualClock } from './fakes/manual-clock';
import { createCommandOf, deadLetterSpecOf } from './kafka.topics';
import { KafkajsDriver } from './kafkajs.driver';
import type { KafkaTopicOptions } from './kafka.options';

const spec = (topic: string, rest: Partial<TopicSpec> = {}): TopicSpec => ({
  topic,
  partitions: -1,
  replicationFactor: -1,
  ...rest,
});

describe('ensureTopics of the driver', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  const open = (topics: Partial<KafkaTopicOptions>) => {
    const cluster = new FakeCluster().topic('there', 6);
    const driver = new KafkajsDriver(
      { brokers: ['b:9092'], topics },
      { clock: new ManualClock(), createClient: cluster.createClient },
    );
    return { cluster, driver };
  };

  it('creates what is missing with the defaults and leaves the rest', async () => {
    const { cluster, driver } = open({ mode: 'create', partitions: 12 });
    await driver.ensureTopics([spec('there'), spec('missing'), spec('odd', { partitions: 3 })]);
    expect(cluster.partitionsOf('there')).toHaveLength(6);
    expect(cluster.partitionsOf('missing')).toHaveLength(12);
    expect(cluster.partitionsOf('odd')).toHaveLength(3);
  });

  it('refuses with the exact commands when it may only verify', async () => {
    const { cluster, driver } = open({ mode: 'verify', partitions: 12, replicationFactor: 3 });
    await expect(
      driver.ensureTopics([
        spec('there'),
        spec('a'),
        spec('b', { partitions: 2, configs: { 'max.message.bytes': '2000000' } }),
      ]),
    ).rejects.toMatchObject({
      code: 'KAFKA_TOPIC_MISSING',
      failure: 'fatal',
      message: 'topics a, b do not exist',
      fixHere:
        'kafka-topics --bootstrap-server b:9092 --create --topic a --partitions 12 --replication-factor 3 && ' +
        'kafka-topics --bootstrap-server b:9092 --create --topic b --partitions 2 --replication-factor 3 --config max.message.bytes=2000000',
    });
    expect(() => cluster.partitionsOf('a')).toThrow();
  });

  it('is content when everything is there', async () => {
    const { driver } = open({ mode: 'verify' });
    await expect(driver.ensureTopics([spec('there')])).resolves.toBeUndefined();
  });

  it('does not even look when it is off', async () => {
    const { cluster, driver } = open({ mode: 'off' });
    await driver.ensureTopics([spec('missing')]);
    expect(cluster.adminCalls).toBe(0);
  });
});

describe('deadLetterSpecOf', () => {
  it('has the partitions of its source, and room for a record of the largest size [RT1]', () => {
    expect(deadLetterSpecOf(spec('t', { partitions: 12 }), 't.dead-letter')).toEqual({
      topic: 't.dead-letter',
      partitions: 12,
      replicationFactor: -1,
      configs: { 'max.message.bytes': String(1_048_588 + 16_384) },
    });
    const large = spec('t', { configs: { 'max.message.bytes': '5000000', 'retention.ms': '1' } });
    expect(deadLetterSpecOf(large, 't.dead-letter').configs).toEqual({
      'max.message.bytes': '5016384',
      'retention.ms': '1',
    });
  });
});

describe('createCommandOf', () => {
  it('leaves the replication to the brokers when it is not given', () => {
    expect(createCommandOf(spec('t', { partitions: 4 }), 'b:1')).toBe(
      'kafka-topics --bootstrap-server b:1 --create --topic t --partitions 4',
    );
  });
});
