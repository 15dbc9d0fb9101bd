import type { INestApplication, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { TestingModuleBuilder } from '@nestjs/testing';
import {
  SettingsModule,
  defineServiceSettings,
  loadSettings,
  metricsSettings,
} from 'millrace/config';
import type { SettingsSlice } from 'millrace/config';
import type { Contract } from 'millrace/contracts';
import { encodeEvent, uuidv7 } from 'millrace/contracts';
import { Lifecycle } from 'millrace/health';
import { kafkaSettings } from 'millrace/kafka';
import { MongoConnection, mongoSettings } from 'millrace/mongo';
import type { ControlStore, SinkRegistration } from 'millrace/pipeline';
import {
  CLOCK,
  KAFKA_DRIVER,
  PipelineRegistry,
  PipelineRuntime,
  SINK_WRITER,
  connectPipeline,
  deadLetterTopicOf,
  pipelineSettings,
} from 'millrace/pipeline';
import { systemClock } from 'millrace/retry';
import type { Clock } from 'millrace/retry';
import { absentMongo } from './absent-mongo';
import type { LoggedRecord } from './memory-broker';
import { MemoryBroker } from './memory-broker';
import { MemoryAuditLog } from './memory.audit-log';
import { MemoryControlStore } from './memory.control-store';
import { MemoryDriver } from './memory.driver';
import { MemoryInbox } from './memory.inbox';
import { MemoryJobStore } from './memory.job-store';
import { MemoryParkedLetters } from './memory.parked-letters';
import type { StoredDocument } from './memory.sink';
import { MemorySink } from './memory.sink';
import { Pace } from './pace';
import { PipelineFaults } from './pipeline.faults';
import type { RecordPosition } from './broker/topic-log';

export interface TestPipelineOptions {
  /** Slices of the app beyond those of the libs. */
  readonly settings?: readonly SettingsSlice[];
  /** Variables that differ from the defaults. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Default: the system clock. With a {@link FakeClock} hours pass at once: in `settled`, in
   * `close`, or when the test moves it.
   */
  readonly clock?: Clock;
  /** What operators want; one for several pipelines makes them processes of one service; default: its own. */
  readonly controlStore?: ControlStore;
  /** Puts doubles in place of providers of the app. */
  readonly override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
}

const QUICK = {
  NODE_ENV: 'test',
  LOG_LEVEL: 'silent',
  PIPELINE_COMMIT_INTERVAL_MS: '10',
  // There is no database that could have them.
  MONGO_INDEXES: 'off',
};

/**
 * Runs an app as it is, on an in-memory broker and in-memory sinks; neither Kafka nor a database is
 * needed.
 *
 * Promise: every sink of the app has an in-memory one in its place that tells repeats and versions
 * as the real one does. Close it at the end of the test.
 *
 * @param module - the module of the app, with `PipelineModule.forRoot`.
 * @example
 * const pipeline = await testPipeline(ProcessorModule);
 * await pipeline.publish(PriceQuoted, price);
 * await pipeline.settled();
 */
export async function testPipeline(
  module: Type,
  options: TestPipelineOptions = {},
): Promise<TestPipeline> {
  const { clock = systemClock } = options;
  const broker = new MemoryBroker({ clock, sessionTimeoutMs: 500, defaultPartitions: 3 });
  const driver = new MemoryDriver({ broker });
  const sinks = new Map<string, MemorySink>();
  const libSlices = [
    defineServiceSettings({ httpPort: 0 }),
    metricsSettings,
    pipelineSettings,
    kafkaSettings,
    mongoSettings,
  ];
  const own = options.settings ?? [];
  const missing = libSlices.filter(({ name }) => !own.some((slice) => slice.name === name));
  const settings = loadSettings({
    slices: [...own, ...missing],
    env: { ...QUICK, ...options.env },
  });
  const builder = Test.createTestingModule({ imports: [SettingsModule.forRoot(settings), module] })
    .overrideProvider(KAFKA_DRIVER)
    .useValue(driver)
    .overrideProvider(CLOCK)
    .useValue(clock)
    .overrideProvider(MongoConnection)
    .useValue(absentMongo())
    .overrideProvider(SINK_WRITER)
    .useValue(({ name, identity }: SinkRegistration) => {
      const sink = new MemorySink({ identity, name, clock });
      sinks.set(name, sink);
      return sink;
    });
  const testing = await (options.override?.(builder) ?? builder).compile();
  const inbox = new MemoryInbox();
  const registry = testing.get(PipelineRegistry, { strict: false });
  registry.registerInbox(inbox);
  registry.registerControlStore(options.controlStore ?? new MemoryControlStore());
  registry.registerParkedLetters(new MemoryParkedLetters());
  registry.registerJobStore(new MemoryJobStore(clock));
  registry.registerAuditLog(new MemoryAuditLog());
  const app = testing.createNestApplication({ logger: false });
  connectPipeline(app);
  await app.init();
  await app.startAllMicroservices();
  await new Pace(clock).through(app.get(Lifecycle).whenServing());
  return new TestPipeline(app, broker, driver, sinks, inbox);
}

/** An app that runs in memory; made by {@link testPipeline}. */
export class TestPipeline {
  /** Things that go wrong on purpose; those of one sink: {@link TestPipeline.sink}. */
  readonly faults: PipelineFaults;
  private readonly pace: Pace;

  constructor(
    readonly app: INestApplication,
    readonly broker: MemoryBroker,
    private readonly driver: MemoryDriver,
    private readonly sinks: ReadonlyMap<string, MemorySink>,
    /** What handlers with `inbox: true` have dealt with; it can be away. */
    readonly inbox: MemoryInbox,
  ) {
    this.pace = new Pace(broker.clock);
    this.faults = new PipelineFaults({
      broker: broker.faults,
      sinks: () => sinks.values(),
      pace: this.pace,
    });
  }

  /** Publishes an event as the real publisher encodes it. @returns its id and where it is. */
  publish<Event>(
    contract: Contract<Event>,
    event: Event,
    options: { readonly eventId?: string } = {},
  ): Promise<RecordPosition & { readonly eventId: string }> {
    const nowMs = this.broker.clock.now();
    const eventId = options.eventId ?? uuidv7(nowMs);
    const encoded = encodeEvent(contract, event, { eventId, source: 'test', nowMs });
    return Promise.resolve({ ...this.broker.append(contract.topic, encoded), eventId });
  }

  /** Publishes bytes as they are: what no publisher of ours would send. */
  publishRaw(
    topic: string,
    value: Buffer | string | null,
    headers: Readonly<Record<string, string>> = {},
    place: { readonly key?: string; readonly partition?: number } = {},
  ): RecordPosition {
    const { key, partition } = place;
    return this.broker.append(topic, {
      key: key === undefined ? null : Buffer.from(key),
      ...(partition === undefined ? {} : { partition }),
      value: typeof value === 'string' ? Buffer.from(value) : value,
      headers: Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const),
    });
  }

  /** Resolves when no record is in flight, every offset is committed and nothing is left to read. */
  async settled(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    const runtime = this.app.get(PipelineRuntime);
    await this.pace.until(
      () =>
        runtime.isSettled &&
        runtime.status.every(({ groupId }) => this.driver.lagOf(groupId) === 0),
      { ...options, what: 'an idle pipeline without lag' },
    );
  }

  /** What a sink holds. @param sink - the class with `@MongoSink`. */
  stored(sink: Type): readonly StoredDocument[] {
    return this.sink(sink).documents;
  }

  /** What is in the dead letter topic of a topic. */
  deadLetters(topic: string): readonly LoggedRecord[] {
    return this.broker.records(deadLetterTopicOf(topic));
  }

  /** The in-memory sink in place of a sink of the app: for its faults. */
  sink({ name }: Type): MemorySink {
    const sink = this.sinks.get(name);
    if (sink === undefined) throw new Error(`${name} is no sink of this app`);
    return sink;
  }

  async close(): Promise<void> {
    await this.pace.through(this.app.close());
    await this.pace.through(this.driver.close({ deadlineMs: 1_000 }));
  }
}
