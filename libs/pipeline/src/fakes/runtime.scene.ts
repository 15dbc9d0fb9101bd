import { loadSettings } from 'millrace/config';
import { HealthRegistry } from 'millrace/health';
import type { Participant } from 'millrace/health';
import { Metrics } from 'millrace/metrics';
import { FakeClock } from 'millrace/testing';
import { DeadLetterWriter } from '../failures/dead-letter.writer';
import { RetryTopicWriter } from '../failures/retry-topic.writer';
import { pipelineSettings } from '../pipeline.config';
import { PipelineEvents } from '../pipeline.events';
import { pipelineMetrics } from '../pipeline.metrics';
import { PipelineRegistry } from '../pipeline.registry';
import { PipelineRuntime } from '../pipeline.runtime';
import { PipelineServer } from '../pipeline.server';
import type { ConsumerSettings, KafkaDriver, TopicSpec } from '../ports/driver';
import type { ReadOptions, Subscription } from '../subscription';
import { FakeConsumer } from './fake-consumer';
import { FakeProducer } from './fake-producer';
import { READING, StoreAwayError } from './records';

/** Counts its starts; a start ends when the test says how. */
export class SlowConsumer extends FakeConsumer {
  starts = 0;
  isAway = false;
  joining: Promise<void> = Promise.resolve();

  override async start(handler: Parameters<FakeConsumer['start']>[0]): Promise<void> {
    this.starts += 1;
    if (this.isAway) throw new StoreAwayError();
    await this.joining;
    await super.start(handler);
  }
}

/** A runtime with a scripted driver; handlers never answer unless a test brings its own. */
export class RuntimeScene {
  readonly clock = new FakeClock();
  readonly consumers = new Map<string, SlowConsumer>();
  readonly settings: ConsumerSettings[] = [];
  readonly topics: TopicSpec[] = [];
  readonly health = new HealthRegistry();
  readonly metrics = new Metrics();
  readonly registry = new PipelineRegistry();
  readonly producer = new FakeProducer();
  readonly failures: unknown[] = [];
  readonly runtime: PipelineRuntime;
  participant: Participant = { name: 'none', order: 0 };
  isConnected = true;
  lag: number | null = 0;
  /** Called for each group of topics that is looked after; may throw. */
  ensure: (specs: readonly TopicSpec[]) => void = (specs) => void this.topics.push(...specs);

  constructor(env: Readonly<Record<string, string>> = {}) {
    const server = new PipelineServer(this.registry, 'lab');
    server.listen(() => undefined);
    this.runtime = new PipelineRuntime({
      registry: this.registry,
      server,
      driver: this.driver(),
      retryTopics: new RetryTopicWriter(this.producer, this.clock),
      deadLetters: new DeadLetterWriter(this.producer, this.clock),
      settings: loadSettings({ slices: [pipelineSettings], env }).get(pipelineSettings),
      metrics: pipelineMetrics(this.metrics),
      events: new PipelineEvents(),
      lifecycle: {
        register: (given: Participant) => (this.participant = given),
        fail: (error: unknown) => this.failures.push(error),
      } as never,
      health: this.health,
      serviceVersion: '1.0.0',
      clock: this.clock,
      random: () => 0.5,
    });
    this.runtime.onModuleInit();
  }

  read(
    groupId: string,
    target: Subscription['target'] = {
      kind: 'record',
      handler: () => new Promise(() => undefined),
    },
    options: Omit<ReadOptions, 'groupId'> = { startAt: 'latest' },
  ): SlowConsumer {
    const consumer = new SlowConsumer();
    this.consumers.set(groupId, consumer);
    this.registry.register({
      topic: 'readings',
      contract: READING,
      pipeline: 'lab',
      name: groupId,
      options: { groupId, ...options },
      target,
    });
    return consumer;
  }

  async connect(): Promise<void> {
    await this.participant.connect?.(new AbortController().signal);
  }

  /** What readiness says. */
  get ready(): string | undefined {
    return this.health.read()[0]?.state.status;
  }

  private driver(): KafkaDriver {
    const describeTopics = async (names: readonly string[]) =>
      names.map((topic) => ({ topic, exists: true, partitions: 6, replicationFactor: 1 }));
    const offsets = async () => new Map([[0, { earliest: 0n, end: BigInt(this.lag ?? 0) }]]);
    const committed = async () => new Map([[0, 0n]]);
    const driver: Partial<KafkaDriver> = {
      address: 'fake:9092',
      admin: () => ({ describeTopics, offsets, committed }) as never,
      ensureTopics: async (specs) => this.ensure(specs),
      watchLag: () => undefined,
      lagOf: () => this.lag,
      health: () => ({ connected: this.isConnected, lastSuccessAgeMs: 0 }),
      consumer: (settings) => {
        this.settings.push(settings);
        return this.consumers.get(settings.groupId) ?? new SlowConsumer();
      },
    };
    return driver as KafkaDriver;
  }
}
