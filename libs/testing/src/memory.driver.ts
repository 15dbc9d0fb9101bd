import type {
  AdminPort,
  ConsumerPort,
  ConsumerSettings,
  DriverHealth,
  KafkaDriver,
  ReaderPort,
  TopicSpec,
} from 'millrace/pipeline';
import type { ReaderLimits } from './broker/partition-reader';
import type { MemoryBroker } from './memory-broker';
import { MemoryAdmin } from './memory.admin';
import { MemoryConsumer } from './memory.consumer';
import { MemoryProducer } from './memory.producer';
import { MemoryReader } from './memory.reader';
import { MemoryClosedError } from './testing.errors';
import { nextTurn } from './turns';

export interface MemoryDriverOptions {
  readonly broker: MemoryBroker;
  /** Part of the member ids; default `memory`. */
  readonly clientId?: string;
  /** How long records wait for others; unit ms; default 0 = until the next turn of the event loop. */
  readonly lingerMs?: number;
  /** How long a rebalance waits for listeners; unit ms; default 5 000. */
  readonly revokeDrainMs?: number;
  readonly limits?: Partial<ReaderLimits>;
}

/** How a driver behaves that is told nothing else. */
export const MEMORY_DRIVER_DEFAULTS = Object.freeze({
  maxBytesPerPartition: 262_144,
  maxRecordsPerBatch: 500,
  fetchAgainMs: 100,
  lingerMs: 0,
  revokeDrainMs: 5_000,
} as const satisfies ReaderLimits & { readonly lingerMs: number; readonly revokeDrainMs: number });

/**
 * The Kafka client of one process on a {@link MemoryBroker}; several on one broker are several
 * processes.
 *
 * Promise: it keeps every promise of the port that the conformance suite checks.
 */
export class MemoryDriver implements KafkaDriver {
  readonly name = 'memory';
  readonly address = 'memory';
  readonly capabilities = Object.freeze({
    awaitedRevoke: true,
    cooperative: false,
    staticMembership: false,
  });
  private readonly consumers = new Set<MemoryConsumer>();
  private readonly producers = new Set<MemoryProducer>();
  private readonly watched = new Map<string, readonly string[]>();
  private readonly adminPort: MemoryAdmin;
  private lastSuccessMs: number | null = null;
  private isClosed = false;
  private readonly answered = () => {
    this.lastSuccessMs = this.options.broker.clock.monotonicMs();
  };

  constructor(private readonly options: MemoryDriverOptions) {
    this.adminPort = new MemoryAdmin({
      broker: options.broker,
      isClosed: () => this.isClosed,
      answered: this.answered,
    });
  }

  async connect(): Promise<void> {
    await nextTurn();
    this.refuseWhenClosed();
    this.options.broker.faults.assertUp();
    this.answered();
  }

  consumer(settings: ConsumerSettings): ConsumerPort {
    this.refuseWhenClosed();
    const { broker, clientId = 'memory', limits } = this.options;
    const { revokeDrainMs = MEMORY_DRIVER_DEFAULTS.revokeDrainMs } = this.options;
    const consumer = new MemoryConsumer({
      broker,
      clientId,
      settings,
      limits: { ...MEMORY_DRIVER_DEFAULTS, ...limits },
      revokeDrainMs,
      answered: this.answered,
    });
    this.consumers.add(consumer);
    return consumer;
  }

  producer(): MemoryProducer {
    this.refuseWhenClosed();
    const { broker, lingerMs = MEMORY_DRIVER_DEFAULTS.lingerMs } = this.options;
    const producer = new MemoryProducer({ broker, lingerMs, answered: this.answered });
    this.producers.add(producer);
    return producer;
  }

  reader(): ReaderPort {
    this.refuseWhenClosed();
    const { maxRecordsPerBatch: maxRecords } = {
      ...MEMORY_DRIVER_DEFAULTS,
      ...this.options.limits,
    };
    return new MemoryReader({
      broker: this.options.broker,
      maxRecords,
      isClosed: () => this.isClosed,
      answered: this.answered,
    });
  }

  admin(): AdminPort {
    return this.adminPort;
  }

  async ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    await this.admin().createTopics(specs);
  }

  watchLag(groupId: string, topics: readonly string[]): void {
    this.watched.set(groupId, topics);
  }

  lagOf(groupId: string): number | null {
    const topics = this.watched.get(groupId);
    return topics === undefined ? null : Number(this.options.broker.lagOf(groupId, topics));
  }

  health(): DriverHealth {
    const { clock, faults } = this.options.broker;
    const lastSuccessAgeMs =
      this.lastSuccessMs === null ? null : clock.monotonicMs() - this.lastSuccessMs;
    const connected = faults.isBrokerUp && lastSuccessAgeMs !== null && !this.isClosed;
    return { connected, lastSuccessAgeMs };
  }

  async close({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    await Promise.all([...this.consumers].map((consumer) => consumer.stop({ deadlineMs })));
    await Promise.all([...this.producers].map((producer) => producer.close({ deadlineMs })));
    this.isClosed = true;
  }

  /** Ends as a killed process does: nothing is left, committed or said. */
  kill(): void {
    this.isClosed = true;
    for (const consumer of this.consumers) consumer.kill();
    for (const producer of this.producers) producer.kill();
  }

  private refuseWhenClosed(): void {
    if (this.isClosed) throw new MemoryClosedError();
  }
}
