import type { Contract } from 'millrace/contracts';
import type { Dependency } from './ports/dependency';
import { GroupTopicsDifferError, HandlerDuplicateError } from './pipeline.errors';
import type { SinkPort } from './ports/sink';
import type { SinkRegistration, Subscription } from './subscription';
import { pipelineOf } from './subscription';

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

  constructor(private readonly sinkWriter: SinkWriter = ({ sink }) => sink) {}

  /**
   * Adds a sink that needs no handler.
   *
   * @throws {HandlerDuplicateError} HANDLER_DUPLICATE when its group reads the topic already.
   * @throws {GroupTopicsDifferError} GROUP_TOPICS_DIFFER when its group reads another topic.
   */
  registerSink(registration: SinkRegistration): void {
    const { contract, groupId, name, options } = registration;
    const sink = this.sinkWriter(registration);
    this.registerDependency(sink);
    this.register({
      topic: contract.topic,
      contract,
      pipeline: registration.pipeline ?? pipelineOf(contract.name),
      name,
      options: { ...options, groupId },
      target: { kind: 'sink', sink },
    });
  }

  /** Adds a reader; the same refusals as {@link registerSink}. */
  register(subscription: Subscription): void {
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

  /** Adds a dependency; the first one of a name is kept. */
  registerDependency(dependency: Dependency): void {
    if (!this.byDependency.has(dependency.name)) this.byDependency.set(dependency.name, dependency);
  }

  /** Says that this app publishes events of a contract, so that its topic is looked after. */
  registerPublished(contract: Contract): void {
    this.published.add(contract);
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
