import type {
  Assignment,
  BatchControl,
  BatchHandler,
  ConsumerEvents,
  ConsumerListener,
  ConsumerPort,
  ConsumerSettings,
  Offset,
  RevokeReason,
  TopicPartition,
} from 'millrace/pipeline';
import type { ConsumerGroup, MemberAssignment } from './broker/consumer-group';
import type { ReaderLimits } from './broker/partition-reader';
import { PartitionReader } from './broker/partition-reader';
import { EventListeners } from './event-listeners';
import type { MemoryBroker } from './memory-broker';
import { MemoryClosedError, MemoryCommitFailedError } from './testing.errors';
import { nextTurn, settlesWithin } from './turns';

export interface MemoryConsumerParts {
  readonly broker: MemoryBroker;
  readonly clientId: string;
  readonly settings: ConsumerSettings;
  readonly limits: ReaderLimits;
  readonly revokeDrainMs: number;
  /** A call was answered by the broker. */
  readonly answered: () => void;
}

interface Membership {
  readonly memberId: string;
  generation: number;
}

const keyOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;

/** One member of one consumer group on a {@link MemoryBroker}. */
export class MemoryConsumer implements ConsumerPort {
  private readonly listeners = new EventListeners();
  private readonly group: ConsumerGroup;
  private readonly readers = new Map<string, PartitionReader>();
  private readonly openCalls = new Map<string, Promise<void>>();
  private handler: BatchHandler | null = null;
  private membership: Membership | null = null;
  private held: readonly TopicPartition[] = [];
  private epoch = 0;
  private abort = new AbortController();
  private joiningSinceMs = 0;
  private firstJoin: (() => void) | null = null;
  private stopping: Promise<'clean' | 'forced'> | null = null;
  private readonly stopWatching: Array<() => void> = [];

  constructor(private readonly parts: MemoryConsumerParts) {
    this.group = parts.broker.group(parts.settings.groupId);
  }

  async start(
    handler: BatchHandler,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    if (this.handler !== null || this.stopping !== null) throw new MemoryClosedError();
    options.signal?.throwIfAborted();
    const { broker, settings } = this.parts;
    for (const topic of settings.topics) broker.topic(topic);
    this.handler = handler;
    const joined = new Promise<void>((resolve) => {
      this.firstJoin = resolve;
    });
    this.stopWatching.push(broker.onChange(() => this.pokeAll()));
    this.joinWhenUp();
    await this.untilAborted(joined, options.signal);
  }

  assignment(): Assignment {
    return { epoch: this.epoch, partitions: this.held };
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const target of partitions) this.readers.get(keyOf(target))?.pause();
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const target of partitions) this.readers.get(keyOf(target))?.resume();
  }

  seek(target: TopicPartition & { readonly offset: Offset }): void {
    this.readers.get(keyOf(target))?.seek(target.offset);
  }

  async commit(
    offsets: ReadonlyArray<TopicPartition & { readonly next: Offset }>,
    epoch: number,
  ): Promise<'committed' | 'stale'> {
    const { membership } = this;
    if (membership === null || epoch !== this.epoch) return 'stale';
    const { memberId, generation } = membership;
    await nextTurn();
    const { faults } = this.parts.broker;
    faults.assertUp();
    if (faults.takeCommitFailure()) throw new MemoryCommitFailedError();
    const answer = this.group.commit(memberId, generation, offsets);
    this.parts.answered();
    if (answer === 'committed') void this.listeners.emit('committed', { durationMs: 0 });
    return answer;
  }

  stop({ deadlineMs }: { readonly deadlineMs: number }): Promise<'clean' | 'forced'> {
    this.stopping ??= this.leave(deadlineMs);
    return this.stopping;
  }

  /** Joins again as somebody new, as a new client would. */
  rebuild(): void {
    const { membership } = this;
    if (membership === null) return;
    this.group.leave(membership.memberId);
    this.rejoinAsStranger();
  }

  on<E extends keyof ConsumerEvents>(event: E, listener: ConsumerListener<E>): () => void {
    return this.listeners.add(event, listener);
  }

  /** Ends as a killed process does: nobody is told, the session runs out. */
  kill(): void {
    this.stopping = Promise.resolve('forced');
    const { membership } = this;
    this.forget('lost');
    this.stopListening();
    if (membership === null) return;
    const { clock, sessionTimeoutMs } = this.parts.broker;
    clock.setTimer(() => this.group.expel(membership.memberId), sessionTimeoutMs);
  }

  private joinWhenUp(): void {
    if (this.stopping !== null) return;
    const { faults, clock } = this.parts.broker;
    this.joiningSinceMs = clock.monotonicMs();
    if (faults.isBrokerUp) {
      this.join();
      return;
    }
    const stopWaiting = faults.onRecovery(() => {
      stopWaiting();
      this.join();
    });
    this.stopWatching.push(stopWaiting);
  }

  private join(): void {
    const { clientId, settings } = this.parts;
    let membership: Membership | null = null;
    const isCurrent = () => membership !== null && membership === this.membership;
    const memberId = this.group.join({
      clientId,
      topics: settings.topics,
      line: {
        rebalancing: (reason) => {
          if (isCurrent()) void this.giveUp(reason);
        },
        assigned: (assignment) => {
          if (isCurrent()) this.take(assignment);
        },
        expelled: () => {
          if (isCurrent()) this.rejoinAsStranger();
        },
      },
    });
    membership = { memberId, generation: 0 };
    this.membership = membership;
  }

  /** Lets listeners finish and commit, then gives the partitions up and rejoins. */
  private async giveUp(reason: string): Promise<void> {
    const { membership, epoch } = this;
    const { broker, revokeDrainMs } = this.parts;
    this.joiningSinceMs = broker.clock.monotonicMs();
    this.held = [];
    this.closeReaders();
    const listened = this.listeners.emit('rebalancing', { epoch, reason });
    await settlesWithin(broker.clock, revokeDrainMs, listened);
    if (membership === null || membership !== this.membership) return;
    this.abort.abort('revoked' satisfies RevokeReason);
    this.group.rejoin(membership.memberId);
  }

  private rejoinAsStranger(): void {
    const { epoch } = this;
    this.forget('lost');
    void this.listeners.emit('rebalancing', { epoch, reason: 'the session is over' });
    this.joinWhenUp();
  }

  private take({ generation, partitions }: MemberAssignment): void {
    const { membership, handler } = this;
    if (membership === null || handler === null) return;
    const startedMs = this.joiningSinceMs;
    membership.generation = generation;
    this.epoch += 1;
    this.held = partitions;
    this.abort = new AbortController();
    const control: BatchControl = { epoch: this.epoch, signal: this.abort.signal };
    for (const target of partitions) {
      this.readers.set(keyOf(target), this.makeReader(target, control, handler));
    }
    const durationMs = this.parts.broker.clock.monotonicMs() - startedMs;
    this.parts.answered();
    void this.listeners.emit('joined', { epoch: this.epoch, partitions, durationMs });
    this.firstJoin?.();
  }

  private makeReader(
    target: TopicPartition,
    control: BatchControl,
    handler: BatchHandler,
  ): PartitionReader {
    const { broker, limits, answered } = this.parts;
    return new PartitionReader({
      target,
      control,
      handler,
      limits,
      position: this.startOf(target),
      clock: broker.clock,
      log: () => broker.findLog(target),
      canFetch: () => broker.faults.isBrokerUp,
      delivered: (records) => broker.faults.delivered(this.parts.settings.groupId, records),
      predecessor: this.openCalls.get(keyOf(target)) ?? Promise.resolve(),
      emit: (event, payload) => {
        if (event === 'fetched') answered();
        void this.listeners.emit(event, payload);
      },
    });
  }

  private startOf(target: TopicPartition): Offset {
    const committed = this.group.committed(target);
    const log = this.parts.broker.findLog(target);
    if (committed !== null || log === undefined) return committed ?? 0n;
    const { startAt, wholeTopics = [] } = this.parts.settings;
    const isAtEnd = startAt === 'latest' && !wholeTopics.includes(target.topic);
    return isAtEnd ? log.end : log.earliest;
  }

  private closeReaders(): void {
    for (const [key, reader] of this.readers) {
      reader.close();
      this.openCalls.set(key, reader.idle());
    }
    this.readers.clear();
  }

  private pokeAll(): void {
    for (const reader of this.readers.values()) reader.poke();
  }

  /** Holds nothing and belongs to no group any more. */
  private forget(reason: RevokeReason): void {
    this.membership = null;
    this.held = [];
    this.closeReaders();
    this.abort.abort(reason);
  }

  private stopListening(): void {
    for (const stopWatching of this.stopWatching) stopWatching();
  }

  private async leave(deadlineMs: number): Promise<'clean' | 'forced'> {
    const { membership } = this;
    this.forget('draining');
    this.stopListening();
    const calls = Promise.all(this.openCalls.values());
    const isClean = await settlesWithin(this.parts.broker.clock, deadlineMs, calls);
    if (membership !== null) this.group.leave(membership.memberId);
    return isClean ? 'clean' : 'forced';
  }

  private async untilAborted(joined: Promise<void>, signal?: AbortSignal): Promise<void> {
    if (signal === undefined) {
      await joined;
      return;
    }
    let onAbort = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => {
        void this.stop({ deadlineMs: 0 });
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      await Promise.race([joined, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}
