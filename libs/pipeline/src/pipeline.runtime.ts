import type { OnModuleInit } from '@nestjs/common';
import type { MillraceError } from 'millrace/errors';
import type { HealthRegistry, Lifecycle } from 'millrace/health';
import type { Clock, Random } from 'millrace/retry';
import type { DeadLetterWriter } from './failures/dead-letter.writer';
import type { RetryTopicWriter } from './failures/retry-topic.writer';
import { retryTiersOf } from './failures/retry-topics';
import type { KafkaDriver } from './ports/driver';
import { GATE_STATES } from './gates/dependency-gate';
import { Gates } from './gates/gates';
import { SupervisedGroup } from './group.assembly';
import type { GroupAssemblyParts } from './group.assembly';
import { pipelineHealth } from './pipeline.health';
import type { GroupHealth } from './pipeline.health';
import type { PauseTarget } from './ports/control-store';
import type { Shadow, ShadowSpec } from './shadow/shadow';
import { ShadowGroup } from './shadow/shadow.group';
import { shadowStart } from './shadow/shadow.start';
import { Control } from './supervision/control';
import { groupReport, processName } from './supervision/group.report';
import { Reporter } from './supervision/reporter';
import type { Actor } from './supervision/control';
import type { PipelineSettings } from './pipeline.config';
import type { PipelineEvents } from './pipeline.events';
import type { PipelineMetrics } from './pipeline.metrics';
import type { PipelineRegistry } from './pipeline.registry';
import type { PipelineServer } from './pipeline.server';
import { DEAD_LETTER_DEPENDENCY } from './failures/settlement';
import type { Subscription } from './subscription';
import { checkPartitions } from './topic.partitions';
import { ensureTopics } from './topics';
import { deadLetterTopicOf } from './failures/dead-letter.headers';

export interface PipelineRuntimeParts {
  readonly registry: PipelineRegistry;
  readonly server: PipelineServer;
  readonly driver: KafkaDriver;
  readonly deadLetters: DeadLetterWriter;
  readonly retryTopics: RetryTopicWriter;
  readonly settings: PipelineSettings;
  readonly metrics: PipelineMetrics;
  readonly events: PipelineEvents;
  readonly lifecycle: Lifecycle;
  readonly health: HealthRegistry;
  /** Names the process in reports; default `service`. */
  readonly service?: string;
  readonly serviceVersion: string;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Starts and stops the consumers of an app, as a participant of its life cycle.
 *
 * Topics are looked after first; then every group joins. What failed is tried again by the life
 * cycle, what runs goes on.
 */
export class PipelineRuntime implements OnModuleInit {
  private readonly groups = new Map<string, SupervisedGroup>();
  /** By group: joined, or about to. */
  private readonly joins = new Map<string, Promise<void>>();
  private readonly shadows = new Set<ShadowGroup>();
  /** Unique name of this process, for reports and leases; example `host-4711-1f3a9c2e`. */
  readonly process = processName();
  private readonly gates: Gates;
  private knownControl: Control | null = null;

  constructor(private readonly parts: PipelineRuntimeParts) {
    const { registry, clock, random, metrics } = parts;
    this.gates = new Gates(registry.dependencies, clock, random, (dependency, state) => {
      if (state === 'closed') metrics.gateClosings.inc({ dependency });
      for (const pipeline of this.pipelines()) {
        metrics.circuit.set({ pipeline, dependency }, GATE_STATES.indexOf(state));
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
      close: () => this.close(),
    });
    const read = () => pipelineHealth(this.status, this.gates.closed);
    health.register({ name: 'pipeline', critical: true, read });
    // Read at the scrape: nothing is counted up and down on the way of a record.
    Object.assign(this.parts.metrics.inFlight, { collect: () => this.reportInFlight() });
  }

  /** One entry per group. */
  get status(): readonly GroupHealth[] {
    return [...this.groups.values()].map((group) => group.status);
  }

  /** True when no record is held and nothing waits for its commit. */
  get isSettled(): boolean {
    return [...this.groups.values()].every((group) => group.isSettled);
  }

  /**
   * Pauses a group, a topic of it or a partition; readiness stays, records in hand are finished.
   *
   * @throws {ControlTargetInvalidError} CONTROL_TARGET_INVALID for a target that cannot be.
   */
  async pause(target: PauseTarget, actor: Actor): Promise<void> {
    await this.control.pause(target, actor);
  }

  /** Takes away the pause of exactly this target. @returns false when there was none. */
  async resume(target: PauseTarget, actor: Actor): Promise<boolean> {
    return this.control.resume(target, actor);
  }

  /** Lets a group go on that waits for a person. @returns false when it does not wait. */
  async resumeLine(groupId: string, actor: Actor): Promise<boolean> {
    return this.control.resumeLine(groupId, actor);
  }

  /**
   * Reads ranges of a topic again with the handlers of a live group, in a group of its own.
   *
   * Promise: resolves after the join; the same spec goes on where it was. It ends by itself, with
   * this process, or by its `stop`.
   *
   * @throws {ControlTargetInvalidError} CONTROL_TARGET_INVALID when no group of this process reads the topic.
   * @throws {MillraceError} infrastructure when the brokers do not answer.
   */
  async startShadow(spec: ShadowSpec): Promise<Shadow> {
    const { registry, driver } = this.parts;
    const start = await shadowStart(spec, registry.subscriptions, driver.admin());
    const shadow = new ShadowGroup(spec, start.live, this.groupParts(), start.ranges);
    this.shadows.add(shadow);
    void shadow.ended.then(() => this.shadows.delete(shadow));
    await shadow.start();
    return shadow;
  }

  /** Made late: adapters register their store while Nest starts. */
  private get control(): Control {
    const { registry, settings, serviceVersion, clock } = this.parts;
    this.knownControl ??= new Control({
      store: registry.controlStore,
      reporter: this.makeReporter(),
      pollMs: settings.controlPollMs,
      serviceVersion,
      clock,
      groups: () => [...this.groups.values(), ...this.shadowGroups()],
    });
    return this.knownControl;
  }

  private makeReporter(): Reporter | undefined {
    const { registry, service = 'service', serviceVersion, clock } = this.parts;
    const { controlStore: store } = registry;
    if (store === undefined) return undefined;
    return new Reporter({
      store,
      identity: { process: this.process, service, serviceVersion },
      groups: () => [
        ...[...this.groups.values()].map((group) => groupReport(group, registry.subscriptions)),
        ...this.shadowGroups().map((group) => groupReport(group, [])),
      ],
      clock,
    });
  }

  private async connect(signal: AbortSignal): Promise<void> {
    const { server, registry, driver } = this.parts;
    await server.whenListening();
    const { subscriptions, publishedContracts } = registry;
    await ensureTopics(driver, { published: publishedContracts, read: subscriptions });
    await checkPartitions(driver.admin(), subscriptions);
    this.registerDeadLetterDependency(subscriptions);
    for (const [groupId, readers] of byGroup(subscriptions)) {
      if (!this.groups.has(groupId)) this.groups.set(groupId, this.makeGroup(groupId, readers));
    }
    // What operators wanted before a restart holds before the first record.
    await this.control.start();
    await Promise.all(
      [...this.groups].map(([groupId, group]) => this.join(groupId, group, signal)),
    );
  }

  private async join(groupId: string, group: SupervisedGroup, signal: AbortSignal): Promise<void> {
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
    await Promise.all([
      ...[...this.groups.values()].map((group) => group.drain(deadlineMs)),
      ...[...this.shadows].map((shadow) => shadow.stop({ deadlineMs })),
    ]);
  }

  private async close(): Promise<void> {
    await this.control.stop();
    this.gates.dispose();
  }

  private makeGroup(groupId: string, readers: readonly Subscription[]): SupervisedGroup {
    return new SupervisedGroup(groupId, readers, this.groupParts());
  }

  private groupParts(): GroupAssemblyParts {
    const { gates, control, parts } = this;
    const fail = (error: MillraceError) => parts.lifecycle.fail(error);
    return { ...parts, gates, control, fail };
  }

  private shadowGroups(): readonly SupervisedGroup[] {
    return [...this.shadows].map(({ supervised }) => supervised);
  }

  private registerDeadLetterDependency(subscriptions: readonly Subscription[]): void {
    const names = subscriptions.flatMap(({ topic, options }) => [
      deadLetterTopicOf(topic),
      ...retryTiersOf(topic, options).map((tier) => tier.topic),
    ]);
    const topics = [...new Set(names)];
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
}

function byGroup(subscriptions: readonly Subscription[]): Map<string, Subscription[]> {
  const groups = new Map<string, Subscription[]>();
  for (const subscription of subscriptions) {
    const { groupId } = subscription.options;
    groups.set(groupId, [...(groups.get(groupId) ?? []), subscription]);
  }
  return groups;
}
