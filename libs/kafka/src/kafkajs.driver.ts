import { Logger } from '@nestjs/common';
import type {
  AdminPort,
  ConsumerPort,
  ConsumerSettings,
  DriverHealth,
  KafkaDriver,
  ProducerPort,
  ProducerSettings,
  ReaderPort,
  TopicSpec,
} from 'millrace/pipeline';
import { systemClock } from 'millrace/retry';
import type { Clock, Random } from 'millrace/retry';
import { AdminConnection } from './admin/admin.connection';
import { KafkajsAdmin } from './admin/kafkajs.admin';
import { registerCodecs } from './codecs/register-codecs';
import { KafkajsConsumer } from './consumer/kafkajs.consumer';
import { ConnectionRecycler } from './connections/connection.recycler';
import { FetchDecoder } from './decoder/fetch.decoder';
import { installGuards } from './guards/install-guards';
import { BrokerContact } from './kafka.contact';
import { LagPoller } from './kafka.lag';
import { createLogCreator } from './kafka.log';
import { SILENT_OBSERVER } from './kafka.observer';
import type { KafkaObserver } from './kafka.observer';
import { resolveKafkaOptions } from './kafka.options';
import type { KafkaOptions, KafkaOverrides } from './kafka.options';
import { KafkaSecurity } from './kafka.security';
import { ensureTopics } from './kafka.topics';
import { ClientSource } from './kafkajs.client';
import type { CreateClient } from './kafkajs.client';
import { KafkajsProducer } from './producer/kafkajs.producer';
import { ProducerSession } from './producer/producer.session';
import { TopicDirectory } from './producer/topic.directory';
import { KafkajsReader } from './reader/kafkajs.reader';
import { ReaderConnection } from './reader/reader.connection';
import { settlesWithin } from './within';

/** What a test or an application puts in place of the real thing. */
export interface KafkajsDriverEdge {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly observer?: KafkaObserver;
  readonly createClient?: CreateClient;
}

const PROBE_EVERY_MS = 5_000;
const PROBE_DEADLINE_MS = 5_000;

/**
 * The Kafka client of a process, on kafkajs 2.2.4.
 *
 * Promises: D1-D19 of the port; every call ends within its deadline; nothing of kafkajs leaves it.
 */
export class KafkajsDriver implements KafkaDriver {
  readonly name = 'kafkajs';
  readonly address: string;
  readonly capabilities = Object.freeze({
    awaitedRevoke: true,
    cooperative: false,
    staticMembership: false,
  });
  readonly options: KafkaOptions;

  /** Lag of the groups that are watched, read from the brokers. */
  readonly lag: LagPoller;

  private readonly logger = new Logger('Kafka');
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly observer: KafkaObserver;
  private readonly contact: BrokerContact;
  private readonly security: KafkaSecurity;
  private readonly source: ClientSource;
  private readonly recycler: ConnectionRecycler;
  private readonly connection: AdminConnection;
  private readonly adminPort: KafkajsAdmin;
  private readonly topics: TopicDirectory;
  private readonly consumers = new Set<ConsumerPort>();
  private readonly producers = new Set<ProducerPort>();
  private readonly readers = new Set<ReaderPort>();
  private cancelProbe: (() => void) | null = null;
  private isClosed = false;

  /**
   * @throws {KafkajsVersionUnknownError} KAFKAJS_VERSION_UNKNOWN when another kafkajs is installed.
   * @throws {SessionTooShortError} SESSION_TOO_SHORT, and {@link KafkaSettingsInvalidError}
   * KAFKA_SETTINGS_INVALID, when options do not work together.
   */
  constructor(overrides: KafkaOverrides = {}, edge: KafkajsDriverEdge = {}) {
    this.options = resolveKafkaOptions(overrides);
    installGuards(this.options.guards);
    this.address = this.options.brokers.join(',');
    this.clock = edge.clock ?? systemClock;
    this.random = edge.random ?? Math.random;
    this.observer = edge.observer ?? SILENT_OBSERVER;
    this.contact = new BrokerContact(this.clock);
    this.contact.onChange((connected) => this.reportContact(connected));
    const log = createLogCreator(this.logger, {
      onBenign: () => this.observer.benignLog(),
      onConnectionError: () => this.contact.failed(),
    });
    this.security = new KafkaSecurity(this.options, this.clock, {
      onStatus: (status) => this.observer.certificate(status),
      onExchange: () => this.recycler.exchanged(),
    });
    const { options, clock, security, random } = this;
    this.source = new ClientSource(options, log, security, clock, edge.createClient);
    this.recycler = new ConnectionRecycler({
      connections: () => this.source.connections(),
      probe: () => this.source.probe(),
      settledAfterMs: options.connectionTimeoutMs,
      maxAgeMs: options.connectionMaxAgeMs,
      ...{ clock, random },
    });
    this.connection = new AdminConnection(this.source, this.contact, this.clock);
    this.adminPort = new KafkajsAdmin(this.connection, this.clock);
    this.lag = new LagPoller({
      admin: this.adminPort,
      clock: this.clock,
      intervalMs: this.options.lagIntervalMs,
      onLag: (group, lag) => this.observer.lag(group, lag),
    });
    this.topics = new TopicDirectory(this.connection, this.options.producer.maxMessageBytes);
  }

  /**
   * Reads the files of certificates and passwords; asks no broker.
   *
   * @throws {MillraceError} of `TLS_ERRORS` when they cannot be used.
   */
  async prepare(): Promise<void> {
    await this.security.prepare();
  }

  async connect({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    await this.prepare();
    await registerCodecs();
    await this.connection.run(
      `kafka ${this.address}`,
      (admin) => admin.describeCluster(),
      deadlineMs,
    );
    this.observer.contact(true);
    this.logger.log(
      { event: 'kafka.connected', brokers: this.address },
      `connected to kafka ${this.address}`,
    );
    if (this.cancelProbe !== null || this.isClosed) return;
    this.armProbe();
    if (this.security.isLive) this.recycler.start();
  }

  consumer(settings: ConsumerSettings): ConsumerPort {
    const consumer: ConsumerPort = new KafkajsConsumer({
      settings,
      options: this.options.consumer,
      source: this.source,
      admin: this.adminPort,
      contact: this.contact,
      observer: this.observer,
      clock: this.clock,
      random: this.random,
      createDecoder: () => this.createDecoder(),
      onStopped: () => this.consumers.delete(consumer),
    });
    this.consumers.add(consumer);
    this.observer.watched(settings.groupId);
    return consumer;
  }

  producer({ name }: ProducerSettings): ProducerPort {
    const producer: ProducerPort = new KafkajsProducer({
      name,
      options: this.options.producer,
      session: new ProducerSession(
        this.source,
        this.options,
        this.contact,
        this.clock,
        this.random,
      ),
      topics: this.topics,
      clock: this.clock,
      onBuffered: (records) =>
        this.observer.buffered(name, records, this.options.producer.bufferRecords),
      onClosed: () => this.producers.delete(producer),
    });
    this.producers.add(producer);
    return producer;
  }

  reader(): ReaderPort {
    const { consumer } = this.options;
    const reader: ReaderPort = new KafkajsReader({
      connection: new ReaderConnection(this.source, consumer, this.clock),
      contact: this.contact,
      clock: this.clock,
      rackId: consumer.rackId,
      onClosed: () => this.readers.delete(reader),
    });
    this.readers.add(reader);
    return reader;
  }

  admin(): AdminPort {
    return this.adminPort;
  }

  async ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    const { mode, partitions, replicationFactor } = this.options.topics;
    const complete = specs.map((spec) => ({
      ...spec,
      partitions: spec.partitions > 0 ? spec.partitions : partitions,
      replicationFactor: spec.replicationFactor > 0 ? spec.replicationFactor : replicationFactor,
    }));
    const created = await ensureTopics(this.adminPort, complete, mode, this.address);
    if (created.length === 0) return;
    this.logger.log(
      { event: 'kafka.topics.created', topics: created },
      `created topics ${created.join(', ')}`,
    );
  }

  watchLag(groupId: string, topics: readonly string[]): void {
    this.lag.watch(groupId, topics);
  }

  lagOf(groupId: string): number | null {
    return this.lag.lagOf(groupId)?.records ?? null;
  }

  health(): DriverHealth {
    const { connected, lastSuccessAgeMs } = this.contact.read();
    const { certificate } = this.security;
    return {
      connected: connected && !this.isClosed,
      lastSuccessAgeMs,
      ...(certificate && { certificate }),
    };
  }

  async close({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    this.isClosed = true;
    this.cancelProbe?.();
    this.recycler.close();
    this.lag.stop();
    const closings = [
      ...[...this.consumers].map((consumer) => consumer.stop({ deadlineMs })),
      ...[...this.producers].map((producer) => producer.close({ deadlineMs })),
      ...[...this.readers].map((reader) => reader.close({ deadlineMs })),
    ];
    await settlesWithin(this.clock, deadlineMs, Promise.all(closings));
    await this.connection.close(Math.min(deadlineMs, 1_000));
    this.security.stop();
  }

  private createDecoder(): FetchDecoder | null {
    const { guards, consumer } = this.options;
    if (guards === 'off') return null;
    return new FetchDecoder({ verifyCrc: consumer.verifyCrc, clock: this.clock });
  }

  /** Keeps the truth fresh where nothing else talks to the brokers. */
  private armProbe(): void {
    this.cancelProbe = this.clock.setTimer(() => {
      void this.probe().then(() => {
        if (!this.isClosed) this.armProbe();
      });
    }, PROBE_EVERY_MS);
  }

  private async probe(): Promise<void> {
    const { connected, lastSuccessAgeMs } = this.contact.read();
    if (connected && lastSuccessAgeMs !== null && lastSuccessAgeMs < PROBE_EVERY_MS) return;
    const asked = this.connection.run(
      'probe',
      (admin) => admin.describeCluster(),
      PROBE_DEADLINE_MS,
    );
    await asked.catch(() => undefined);
  }

  private reportContact(connected: boolean): void {
    this.observer.contact(connected);
    if (connected) {
      this.logger.log(
        { event: 'kafka.connected', brokers: this.address },
        `kafka ${this.address} answers again`,
      );
    } else {
      this.logger.warn(
        { event: 'kafka.disconnected', brokers: this.address },
        `kafka ${this.address} does not answer`,
      );
    }
  }
}
