import type { OnModuleInit } from '@nestjs/common';
import type { HealthRegistry, HealthState, Lifecycle } from 'millrace/health';
import type { Clock, Random } from 'millrace/retry';
import type { DeadLetterWriter } from './failures/dead-letter.writer';
import type { Dependency } from './ports/dependency';
import type { KafkaDriver } from './ports/driver';
import { Gates } from './gates/gates';
import type { GroupStatus } from './lanes/group.consumer';
import { GroupConsumer } from './lanes/group.consumer';
import { batchHandling, recordHandling, sinkHandling } from './handling/handling';
import type { Handling } from './handling/handling';
import type { SliceHandler } from './lanes/lane';
import type { PipelineSettings } from './pipeline.config';
import type { PipelineEvents } from './pipeline.events';
import type { PipelineMetrics } from './pipeline.metrics';
import { startAtZero } from './pipeline.metrics';
import type { PipelineRegistry } from './pipeline.registry';
import type { PipelineServer } from './pipeline.server';
import { DEFAULT_POLICY } from './failures/policy';
import { contractReader, plainReader } from './records/record-reader';
import { DEAD_LETTER_DEPENDENCY, Settlement } from './failures/settlement';
import { SliceWorker } from './lanes/slice.worker';
import type { Subscription } from './subscription';
import { ensureTopics } from './topics';
import { deadLetterTopicOf } from './failures/dead-letter.headers';

export interface PipelineRuntimeParts {
  readonly registry: PipelineRegistry;
  readonly server: PipelineServer;
  readonly driver: KafkaDriver;
  readonly deadLetters: DeadLetterWriter;
  readonly settings: PipelineSettings;
  readonly metrics: PipelineMetrics;
  readonly events: PipelineEvents;
  readonly lifecycle: Lifecycle;
  readonly health: HealthRegistry;
  readonly serviceVersion: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** A gate closed for longer, or a rebalance that lasts longer, makes readiness fail; unit ms. */
const GATE_PATIENCE_MS = 5_000;
const REBALANCE_PATIENCE_MS = 60_000;

/**
 * Starts and stops the consumers of an app, as a participant of its life cycle.
 *
 * Topics are looked after first; then every group joins. What failed is tried again by the life
 * cycle, what runs goes on.
 */
export class PipelineRuntime implements OnModuleInit {
  private readonly groups = new Map<string, GroupConsumer>();
  /** By group: joined, or about to. */
  private readonly joins = new Map<string, Promise<void>>();
  private readonly gates: Gates;
  private readonly dependencies: ReadonlyMap<string, Dependency>;

  constructor(private readonly parts: PipelineRuntimeParts) {
    const { registry, clock, random, metrics } = parts;
    this.dependencies = registry.dependencies;
    this.gates = new Gates(this.dependencies, clock, random, (dependency, isOpen) => {
      for (const pipeline of this.pipelines()) {
        metrics.circuit.set({ pipeline, dependency }, isOpen ? 0 : 2);
      }
    });
  }

  onModuleInit(): void {
    const { lifecycle, health } = this.parts;
    lifecycle.register({
      name: 'pipeline',
      order: 30,
      describe: () => `topics and consumer groups on ${this.parts.driver.address}`,
      connect: (signal) => this.connect(signal),
      drain: ({ deadlineMs }) => this.drain(deadlineMs),
      close: () => Promise.resolve(this.gates.dispose()),
    });
    health.register({ name: 'pipeline', critical: true, read: () => this.readHealth() });
    // Read at the scrape: nothing is counted up and down on the way of a record.
    Object.assign(this.parts.metrics.inFlight, { collect: () => this.reportInFlight() });
  }

  /** One entry per group. */
  get status(): readonly GroupStatus[] {
    return [...this.groups.values()].map((group) => group.status);
  }

  /** True when no record is held and nothing waits for its commit. */
  get isSettled(): boolean {
    return [...this.groups.values()].every((group) => group.isSettled);
  }

  private async connect(signal: AbortSignal): Promise<void> {
    const { server, registry, driver } = this.parts;
    await server.whenListening();
    const { subscriptions, publishedContracts } = registry;
    await ensureTopics(driver, { published: publishedContracts, read: subscriptions });
    this.registerDeadLetterDependency(subscriptions);
    for (const [groupId, readers] of byGroup(subscriptions)) {
      if (!this.groups.has(groupId)) this.groups.set(groupId, this.makeGroup(groupId, readers));
    }
    await Promise.all(
      [...this.groups].map(([groupId, group]) => this.join(groupId, group, signal)),
    );
  }

  private async join(groupId: string, group: GroupConsumer, signal: AbortSignal): Promise<void> {
    // The next attempt must not start a group again that is still joining.
    const known = this.joins.get(groupId);
    if (known !== undefined) return known;
    const joining = group.start(signal).catch((error: unknown) => {
      this.joins.delete(groupId);
      throw error;
    });
    this.joins.set(groupId, joining);
    await joining;
  }

  private async drain(deadlineMs: number): Promise<void> {
    await Promise.all([...this.groups.values()].map((group) => group.drain(deadlineMs)));
  }

  private makeGroup(groupId: string, readers: readonly Subscription[]): GroupConsumer {
    const { driver, settings, metrics, clock } = this.parts;
    const topics = readers.map(({ topic }) => topic);
    const [first] = readers;
    const pipeline = first?.pipeline ?? groupId;
    const startAt = first?.options.startAt ?? 'earliest';
    driver.watchLag(groupId, topics);
    for (const { topic } of readers) startAtZero(metrics, { pipeline, topic, group: groupId });
    metrics.maxInFlight.set({ pipeline }, settings.maxInFlightRecords);
    return new GroupConsumer({
      groupId,
      pipeline,
      consumer: driver.consumer({ groupId, topics, startAt }),
      handlers: new Map(readers.map((reader) => [reader.topic, this.sliceHandler(reader)])),
      limits: {
        ...settings,
        sliceRecords: first?.options.window?.maxRecords ?? settings.sliceRecords,
      },
      commit: { intervalMs: settings.commitIntervalMs, everyRecords: settings.commitEveryRecords },
      revokeDrainMs: settings.revokeDrainMs,
      metrics,
      clock,
    });
  }

  private sliceHandler(subscription: Subscription): SliceHandler {
    const { settings, metrics, events, clock, random, deadLetters, serviceVersion } = this.parts;
    const { contract, options, pipeline, target } = subscription;
    const handling = this.handlingOf(subscription);
    const settlement = new Settlement({
      handling,
      policy: options.onError ?? DEFAULT_POLICY,
      deadLetters,
      origin: {
        groupId: options.groupId,
        pipeline,
        contract: contract === null ? null : `${contract.name} v${contract.version}`,
        serviceVersion,
      },
      permanentReason: target.kind === 'sink' ? 'sink-rejected' : 'handler-permanent',
      gates: this.gates,
      dependencies: this.dependencies,
      metrics,
      clock,
      random,
    });
    const read = contract === null ? plainReader(settings) : contractReader(contract, settings);
    const worker = new SliceWorker({
      subscription,
      read,
      handling,
      settlement,
      metrics,
      events,
      clock,
    });
    return (records, lane) => worker.process(records, lane);
  }

  private handlingOf({ target }: Subscription): Handling {
    if (target.kind === 'sink')
      return sinkHandling(target.sink, this.parts.settings.sinkDeadlineMs);
    return target.kind === 'batch' ? batchHandling(target.handler) : recordHandling(target.handler);
  }

  private registerDeadLetterDependency(subscriptions: readonly Subscription[]): void {
    const topics = [...new Set(subscriptions.map(({ topic }) => deadLetterTopicOf(topic)))];
    this.parts.registry.registerDependency({
      name: DEAD_LETTER_DEPENDENCY,
      probe: async () => {
        const described = await this.parts.driver.admin().describeTopics(topics);
        const missing = described.find(({ exists }) => !exists);
        if (missing !== undefined) throw new Error(`topic ${missing.topic} does not exist`);
      },
    });
  }

  private reportInFlight(): void {
    const byPipeline = new Map<string, number>();
    for (const { pipeline, inFlightRecords } of this.status) {
      byPipeline.set(pipeline, (byPipeline.get(pipeline) ?? 0) + inFlightRecords);
    }
    for (const [pipeline, records] of byPipeline) {
      this.parts.metrics.inFlight.set({ pipeline }, records);
    }
  }

  private pipelines(): ReadonlySet<string> {
    return new Set(this.parts.registry.subscriptions.map(({ pipeline }) => pipeline));
  }

  /** Paused by an operator or idle without partitions is ready; waiting for a person is not. */
  private readHealth(): HealthState {
    const groups = this.status;
    const closed = this.gates.closed;
    const hasBlockedGate = closed.some(({ closedForMs }) => closedForMs > GATE_PATIENCE_MS);
    const isReady = groups.every(isGroupReady) && !hasBlockedGate;
    return { status: isReady ? 'up' : 'down', groups, gates: closed };
  }
}

function isGroupReady(group: GroupStatus): boolean {
  if (group.lostPartitions > 0) return false;
  if (group.state === 'rebalancing') return group.forMs < REBALANCE_PATIENCE_MS;
  return group.state === 'assigned';
}

function byGroup(subscriptions: readonly Subscription[]): Map<string, Subscription[]> {
  const groups = new Map<string, Subscription[]>();
  for (const subscription of subscriptions) {
    const { groupId } = subscription.options;
    groups.set(groupId, [...(groups.get(groupId) ?? []), subscription]);
  }
  return groups;
}
