import { Logger } from '@nestjs/common';
import { loadSettings } from 'millrace/config';
import { HealthRegistry } from 'millrace/health';
import type { Participant } from 'millrace/health';
import { Metrics } from 'millrace/metrics';
import { FakeClock } from 'millrace/testing';
import { DeadLetterWriter } from './failures/dead-letter.writer';
import type { ConsumerSettings, KafkaDriver, TopicSpec } from './ports/driver';
import { FakeConsumer } from './fakes/fake-consumer';
import { FakeProducer } from './fakes/fake-producer';
import { batchOf, READING, StoreAwayError } from './fakes/records';
import { pipelineSettings } from './pipeline.config';
import { PipelineEvents } from './pipeline.events';
import { pipelineMetrics } from './pipeline.metrics';
import { PipelineRegistry } from './pipeline.registry';
import { PipelineRuntime } from './pipeline.runtime';
import { PipelineServer } from './pipeline.server';

beforeAll(() => Logger.overrideLogger(false));

/** Counts its starts; the first one ends when the test says how. */
class SlowConsumer extends FakeConsumer {
  starts = 0;
  isAway = false;

  override async start(handler: Parameters<FakeConsumer['start']>[0]): Promise<void> {
    this.starts += 1;
    if (this.isAway) throw new StoreAwayError();
    await this.joining;
    await super.start(handler);
  }

  joining: Promise<void> = Promise.resolve();
}

class RuntimeScene {
  readonly clock = new FakeClock();
  readonly consumers = new Map<string, SlowConsumer>();
  readonly settings: ConsumerSettings[] = [];
  readonly topics: TopicSpec[] = [];
  readonly health = new HealthRegistry();
  readonly metrics = new Metrics();
  readonly registry = new PipelineRegistry();
  readonly runtime: PipelineRuntime;
  participant: Participant = { name: 'none', order: 0 };

  constructor() {
    const server = new PipelineServer(this.registry, 'lab');
    server.listen(() => undefined);
    const deadLetters = new DeadLetterWriter(new FakeProducer(), this.clock);
    this.runtime = new PipelineRuntime({
      registry: this.registry,
      server,
      driver: this.driver(),
      deadLetters,
      settings: loadSettings({ slices: [pipelineSettings], env: {} }).get(pipelineSettings),
      metrics: pipelineMetrics(this.metrics),
      events: new PipelineEvents(),
      lifecycle: {
        register: (given: Participant) => (this.participant = given),
      } as never,
      health: this.health,
      serviceVersion: '1.0.0',
      clock: this.clock,
      random: () => 0.5,
    });
    this.runtime.onModuleInit();
  }

  read(groupId: string): SlowConsumer {
    const consumer = new SlowConsumer();
    this.consumers.set(groupId, consumer);
    this.registry.register({
      topic: 'readings',
      contract: READING,
      pipeline: 'lab',
      name: groupId,
      options: { groupId, startAt: 'latest' },
      target: { kind: 'record', handler: () => new Promise(() => undefined) },
    });
    return consumer;
  }

  async connect(): Promise<void> {
    await this.participant.connect?.(new AbortController().signal);
  }

  get ready(): string | undefined {
    return this.health.read()[0]?.state.status;
  }

  private driver(): KafkaDriver {
    const describeTopics = async (names: readonly string[]) =>
      names.map((topic) => ({ topic, exists: true, partitions: 6, replicationFactor: 1 }));
    const driver: Partial<KafkaDriver> = {
      address: 'fake:9092',
      admin: () => ({ describeTopics }) as never,
      ensureTopics: async (specs) => void this.topics.push(...specs),
      watchLag: () => undefined,
      consumer: (settings) => {
        this.settings.push(settings);
        return this.consumers.get(settings.groupId) ?? new SlowConsumer();
      },
    };
    return driver as KafkaDriver;
  }
}

describe('PipelineRuntime', () => {
  it('looks after topics and their dead letter topics, then joins every group', async () => {
    const scene = new RuntimeScene();
    scene.read('one');
    scene.read('two');
    await scene.connect();
    expect(scene.topics.map(({ topic, partitions }) => [topic, partitions])).toEqual([
      ['readings', -1],
      ['readings.dead-letter', 6],
    ]);
    expect(scene.topics[1]?.configs).toEqual({ 'max.message.bytes': String(1_048_588 + 16_384) });
    expect(scene.settings).toEqual([
      { groupId: 'one', topics: ['readings'], startAt: 'latest' },
      { groupId: 'two', topics: ['readings'], startAt: 'latest' },
    ]);
  });

  it('tries only what failed again, also while another group is still joining', async () => {
    const scene = new RuntimeScene();
    const [away, slow, quick] = [scene.read('away'), scene.read('slow'), scene.read('quick')];
    let join = (): void => undefined;
    slow.joining = new Promise((resolve) => (join = resolve));
    away.isAway = true;
    await expect(scene.connect()).rejects.toThrow(StoreAwayError);
    away.isAway = false;
    const second = scene.connect();
    await scene.clock.flush();
    join();
    await second;
    expect([away.starts, slow.starts, quick.starts]).toEqual([2, 1, 1]);
  });

  it('is ready while every group holds its assignment, and not for a lost offset', async () => {
    const scene = new RuntimeScene();
    const consumer = scene.read('one');
    await scene.connect();
    expect(scene.ready).toBe('down');
    await consumer.assign(0);
    expect(scene.ready).toBe('up');
    await consumer.emit('rebalancing', { epoch: 1, reason: 'x' });
    await scene.clock.advance(59_999);
    expect(scene.ready).toBe('up');
    await scene.clock.advance(1);
    expect(scene.ready).toBe('down');
    await consumer.assign(0);
    const loss = { topic: 'readings', partition: 0, committed: 1n, earliest: 5n, end: 9n };
    await consumer.emit('offsetLost', loss);
    expect(scene.ready).toBe('down');
  });

  it('reports what is in flight when it is asked', async () => {
    const scene = new RuntimeScene();
    const consumer = scene.read('one');
    await scene.connect();
    await consumer.assign(0);
    await consumer.deliver(batchOf(0, 7));
    const text = await scene.metrics.registry.metrics();
    expect(text).toContain('pipeline_in_flight_records{pipeline="lab"} 7');
    expect(scene.runtime.isSettled).toBe(false);
  });
});
