import { PartitionAssigners } from 'kafkajs';
import type { PartitionAssigner } from 'kafkajs';
import type { Offset, TopicPartition } from 'millrace/pipeline';
import type { ConsumerGroupInternals, RunnerInternals } from '../kafkajs.internals';

/** One generation of one member; commits are fenced by the broker with its number. */
export interface Generation {
  readonly memberId: string;
  readonly partitions: readonly TopicPartition[];
  /** One attempt, with the number of this generation, whatever has been joined since. */
  commit(offsets: ReadonlyArray<TopicPartition & { readonly next: Offset }>): Promise<void>;
}

/** What a consumer of ours is told, and may delay. None of these may reject. */
export interface MembershipHooks {
  /**
   * The member id of a client that died, once. Joining with it spares the group the wait for the
   * session of the dead member; the brokers refuse it when they have forgotten it.
   */
  reclaimMemberId(): string | null;
  /** Awaited before the member (re)joins; `lost` when the group has already given it up. */
  beforeJoin(state: { readonly lost: boolean }): Promise<void>;
  /** Awaited after the assignment, before its first fetch. */
  afterJoin(generation: Generation): Promise<void>;
  /** The position is not in the log. kafkajs' reset, and its commit of it, do not happen. */
  outOfRange(target: TopicPartition): Promise<void>;
}

type FetchedIn = WeakMap<object, number | null>;

const HOOKS = Symbol.for('millrace.kafka.membership-hooks');

/** kafkajs' round-robin assignor, as the public option that also carries the hooks to the guard. */
export function assignorWith(hooks: MembershipHooks): PartitionAssigner {
  return (config) => Object.assign(PartitionAssigners.roundRobin(config), { [HOOKS]: hooks });
}

/** The hooks that {@link assignorWith} attached; undefined for a consumer that is not ours. */
export function hooksOf(assigner: unknown): MembershipHooks | undefined {
  return (assigner as { [HOOKS]?: MembershipHooks } | undefined)?.[HOOKS];
}

/**
 * Lets our consumers wait before and after each join, and takes three silent steps out of kafkajs:
 *
 * - an offset out of range is reported instead of reset and committed (kafkajs jumps to the end of
 *   the topic, or commits the special offset -1 or -2 over the position that was lost);
 * - a batch fetched in an older generation is dropped, so it cannot move the position of the next;
 * - a seek of an older generation is forgotten at the join.
 *
 * Consumers without hooks behave as before, except for the stale batches.
 *
 * @see https://github.com/tulios/kafkajs/issues/1119 , https://github.com/tulios/kafkajs/issues/1046
 */
export function guardMembership(group: ConsumerGroupInternals, runner: RunnerInternals): void {
  const { joinAndSync, fetch, recoverFromOffsetOutOfRange } = group;
  const joining = new WeakMap<ConsumerGroupInternals, Promise<void>>();
  /** Generation in which a batch was fetched. */
  const fetchedIn: FetchedIn = new WeakMap();

  async function joinWithHooks(self: ConsumerGroupInternals): Promise<void> {
    const hooks = hooksOf(self.assigners[0]);
    await hooks?.beforeJoin({ lost: self.memberId === null });
    self.memberId ??= hooks?.reclaimMemberId() ?? null;
    await joinAndSync.call(self);
    // Others may seek before they run: kafkajs' own admin sets offsets in this way.
    if (hooks === undefined) return;
    self.seekOffset.clear();
    await hooks.afterJoin(generationOf(self));
  }

  // Fetchers of several brokers may ask for a join at once: they share one.
  group.joinAndSync = function (this: ConsumerGroupInternals) {
    const pending = joining.get(this) ?? joinWithHooks(this).finally(() => joining.delete(this));
    joining.set(this, pending);
    return pending;
  };

  group.fetch = async function (this: ConsumerGroupInternals, nodeId) {
    const generationId = this.generationId;
    const batches = await fetch.call(this, nodeId);
    if (this.generationId !== generationId || joining.has(this)) return [];
    for (const batch of batches) fetchedIn.set(batch, generationId);
    return batches;
  };

  group.recoverFromOffsetOutOfRange = async function (this: ConsumerGroupInternals, error) {
    const hooks = hooksOf(this.assigners[0]);
    if (hooks === undefined) await recoverFromOffsetOutOfRange.call(this, error);
    else await hooks.outOfRange({ topic: error.topic, partition: error.partition });
  };

  guardRunner(runner, fetchedIn);
}

function guardRunner(runner: RunnerInternals, fetchedIn: FetchedIn): void {
  const { handleBatch } = runner;
  runner.handleBatch = async function (this: RunnerInternals, batch) {
    const generationId = fetchedIn.get(batch);
    if (generationId !== undefined && generationId !== this.consumerGroup.generationId) return;
    await handleBatch.call(this, batch);
  };
}

function generationOf(group: ConsumerGroupInternals): Generation {
  // Captured: kafkajs replaces the offset manager at each join, and each knows its own generation.
  const { offsetManager } = group;
  return {
    memberId: group.memberId ?? '',
    partitions: group
      .assigned()
      .flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition }))),
    commit: (offsets) => offsetManager.commitOffsets(toCommit(offsets)),
  };
}

function toCommit(offsets: ReadonlyArray<TopicPartition & { readonly next: Offset }>) {
  const topics = new Map<string, Array<{ partition: number; offset: string }>>();
  for (const { topic, partition, next } of offsets) {
    const partitions = topics.get(topic) ?? [];
    partitions.push({ partition, offset: next.toString() });
    topics.set(topic, partitions);
  }
  return { topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })) };
}
