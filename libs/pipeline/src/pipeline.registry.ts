import type { Contract } from 'millrace/contracts';
import { checkRetryTopics } from './failures/retry-topics';
import { InboxMissingError } from './handling/handling.errors';
import type { AuditLog } from './ports/audit-log';
import type { ControlStore } from './ports/control-store';
import type { Dependency } from './ports/dependency';
import type { InboxPort } from './ports/inbox';
import type { JobStore } from './ports/job-store';
import type { OffsetStore } from './ports/offset-store';
import type { ParkedLetters } from './ports/parked-letters';
import { GroupTopicsDifferError, HandlerDuplicateError } from './pipeline.errors';
import type { SinkPort } from './ports/sink';
import type { SinkRegistration, Subscription } from './subscription';
import { pipelineOf } from './subscription';
import { checkSubscription } from './subscription.check';

/** Chooses what a registered sink writes to; tests put an in-memory one in its place. */
export type SinkWriter = (registration: SinkRegistration) => SinkPort;

/**
 * Knows everything that reads or publishes in this app. Filled while Nest starts, read when the
 * consumers join.
 */
export class PipelineRegistry {
  private readonly bySubscription = new Map<string, Subscription>();
  private readonly byDependency = new Map<string, Dependency>();
  private readonly published = new Set<Contract>();
  private knownInbox: InboxPort | undefined;
  private knownControlStore: ControlStore | undefined;
  private knownOffsetStore: OffsetStore | undefined;
  private knownParkedLetters: ParkedLetters | undefined;
  private knownJobStore: JobStore | undefined;
  private knownAuditLog: AuditLog | undefined;

  constructor(private readonly sinkWriter: SinkWriter = ({ sink }) => sink) {}

  /**
   * Adds a sink that needs no handler.
   *
   * @throws {HandlerDuplicateError} HANDLER_DUPLICATE when its group reads the topic already.
   * @throws {GroupTopicsDifferError} GROUP_TOPICS_DIFFER when its group reads another topic.
   * @throws {HandlerOptionsInvalidError} HANDLER_OPTIONS_INVALID when its options cannot work.
   */
  registerSink(registration: SinkRegistration): void {
    const { contract, groupId, name, options, identity } = registration;
    const sink = this.sinkWriter(registration);
    this.registerDependency(sink);
    this.register({
      topic: contract.topic,
      contract,
      pipeline: registration.pipeline ?? pipelineOf(contract.name),
      name,
      options: { ...options, groupId },
      target: { kind: 'sink', sink, ...(identity.document ? {} : { updates: true }) },
    });
  }

  /** Adds a reader; the same refusals as {@link registerSink}. */
  register(subscription: Subscription): void {
    checkSubscription(subscription);
    const { topic, options, contract, name } = subscription;
    const key = JSON.stringify([options.groupId, topic]);
    const same = this.bySubscription.get(key);
    if (same !== undefined) {
      throw new HandlerDuplicateError({
        message: `${same.name} and ${name} both read topic "${topic}" in group "${options.groupId}"`,
      });
    }
    const other = this.subscriptions.find((known) => known.options.groupId === options.groupId);
    // Plain handlers share the group of the service: there the topics are one set by nature.
    if (other !== undefined && (contract !== null || other.contract !== null)) {
      throw new GroupTopicsDifferError({
        message: `group "${options.groupId}" reads "${other.topic}" in ${other.name} and "${topic}" in ${name}`,
      });
    }
    this.bySubscription.set(key, subscription);
  }

  /**
   * Looks at what only fits together once everything is registered.
   *
   * @throws {InboxMissingError} INBOX_MISSING when a handler wants an inbox and no adapter brought one.
   * @throws {RetryTopicsDifferError} RETRY_TOPICS_DIFFER when groups share retry topics of different delays.
   */
  check(): void {
    checkRetryTopics(this.subscriptions);
    const reader = this.subscriptions.find(({ options }) => options.inbox === true);
    if (reader === undefined || this.knownInbox !== undefined) return;
    throw new InboxMissingError({
      message: `${reader.name} wants an inbox and no adapter brought one`,
      where: reader.name,
    });
  }

  /** Adds a dependency; the first one of a name is kept. */
  registerDependency(dependency: Dependency): void {
    if (!this.byDependency.has(dependency.name)) this.byDependency.set(dependency.name, dependency);
  }

  /** Says that this app publishes events of a contract, so that its topic is looked after. */
  registerPublished(contract: Contract): void {
    this.published.add(contract);
  }

  /** Adds the inbox of handlers with `inbox: true`; the first one is kept. */
  registerInbox(inbox: InboxPort): void {
    this.knownInbox ??= inbox;
  }

  /** Adds the store of what operators want; the first one is kept. */
  registerControlStore(store: ControlStore): void {
    this.knownControlStore ??= store;
  }

  /** Adds the memory of parked dead letters; the first one is kept. */
  registerParkedLetters(parked: ParkedLetters): void {
    this.knownParkedLetters ??= parked;
  }

  /** Adds the store of redrives and replays; the first one is kept. */
  registerJobStore(store: JobStore): void {
    this.knownJobStore ??= store;
  }

  /** Adds the log of what operators did; the first one is kept. */
  registerAuditLog(log: AuditLog): void {
    this.knownAuditLog ??= log;
  }

  /** Adds the store of positions of sinks with `offsets: 'transaction'`; the first one is kept. */
  registerOffsetStore(store: OffsetStore): void {
    this.knownOffsetStore ??= store;
  }

  get offsetStore(): OffsetStore | undefined {
    return this.knownOffsetStore;
  }

  get inbox(): InboxPort | undefined {
    return this.knownInbox;
  }

  get controlStore(): ControlStore | undefined {
    return this.knownControlStore;
  }

  get parkedLetters(): ParkedLetters | undefined {
    return this.knownParkedLetters;
  }

  get jobStore(): JobStore | undefined {
    return this.knownJobStore;
  }

  get auditLog(): AuditLog | undefined {
    return this.knownAuditLog;
  }

  get subscriptions(): readonly Subscription[] {
    return [...this.bySubscription.values()];
  }

  get dependencies(): ReadonlyMap<string, Dependency> {
    return this.byDependency;
  }

  get publishedContracts(): readonly Contract[] {
    return [...this.published];
  }
}
