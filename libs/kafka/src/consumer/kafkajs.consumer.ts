import { Logger } from '@nestjs/common';
import type { MillraceError } from 'millrace/errors';
import type {
  Assignment,
  BatchHandler,
  ConsumerEvents,
  ConsumerListener,
  ConsumerPort,
  ConsumerSettings,
  Offset,
  TopicPartition,
} from 'millrace/pipeline';
import type { Clock, Random } from 'millrace/retry';
import type { KafkajsAdmin } from '../admin/kafkajs.admin';
import type { FetchDecoder } from '../decoder/fetch.decoder';
import { KafkaUnavailableError } from '../errors/connection.errors';
import { ConsumerStoppedError } from '../errors/group.errors';
import type { BrokerContact } from '../kafka.contact';
import type { KafkaObserver } from '../kafka.observer';
import type { KafkaConsumerOptions } from '../kafka.options';
import { isStaleGeneration, translateError } from '../kafka.translation';
import type { ClientSource } from '../kafkajs.client';
import { within } from '../within';
import { BatchDelivery } from './batch-delivery';
import { ConsumerListeners } from './consumer.listeners';
import { ConsumerSession } from './consumer.session';
import type { SessionEvents } from './consumer.session';
import { Supervisor } from './supervisor';
import { Membership, toVendorPartitions } from './membership';
import { MemberHooks } from './member-hooks';

const COMMIT_DEADLINE_MS = 10_000;

export interface KafkajsConsumerEdge {
  readonly settings: ConsumerSettings;
  readonly options: KafkaConsumerOptions;
  readonly source: ClientSource;
  readonly admin: Pick<KafkajsAdmin, 'committed' | 'offsets'>;
  readonly contact: BrokerContact;
  readonly observer: KafkaObserver;
  readonly clock: Clock;
  readonly random: Random;
  /** For each client a new one; null leaves decoding to kafkajs. */
  readonly createDecoder: () => FetchDecoder | null;
  readonly onStopped?: () => void;
}

/**
 * One member of one consumer group.
 *
 * Promises: reads from the committed offset, or from `startAt` where there is none; commits only
 * what `commit` is told, fenced by its generation; a lost position is an event and never a jump,
 * the partition then stays paused until it is sought and resumed; a dead client is replaced.
 */
export class KafkajsConsumer implements ConsumerPort {
  private readonly logger = new Logger('Kafka');
  private readonly listeners = new ConsumerListeners();
  private readonly membership = new Membership();
  private readonly hooks: MemberHooks;
  private readonly supervisor: Supervisor;
  private stopping: Promise<'clean' | 'forced'> | null = null;

  constructor(private readonly edge: KafkajsConsumerEdge) {
    this.hooks = new MemberHooks({
      ...edge,
      membership: this.membership,
      listeners: this.listeners,
      client: {
        pause: (targets) => this.pause(targets),
        resumeEverything: () => this.resumeEverything(),
        resume: (targets) => this.resume(targets),
      },
    });
    this.supervisor = new Supervisor({
      ...edge,
      groupId: edge.settings.groupId,
      listeners: this.listeners,
      hooks: this.hooks,
      open: () => this.openSession(),
    });
  }

  async start(
    handler: BatchHandler,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    const { membership, edge } = this;
    const delivery = new BatchDelivery({
      handler,
      membership,
      clock: edge.clock,
      heartbeatIntervalMs: edge.options.heartbeatIntervalMs,
      seek: (batch, offset) => this.seek({ ...batch, offset }),
    });
    const onAbort = (): void => void this.stop({ deadlineMs: 0 });
    options.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      if (options.signal?.aborted === true) throw new ConsumerStoppedError();
      await this.supervisor.start((payload) => delivery.deliver(payload));
    } finally {
      options.signal?.removeEventListener('abort', onAbort);
    }
  }

  assignment(): Assignment {
    return this.membership.assignment;
  }

  pause(partitions: readonly TopicPartition[]): void {
    const held = this.membership.pause(partitions);
    if (held.length > 0) this.supervisor.vendor?.pause(toVendorPartitions(held));
  }

  resume(partitions: readonly TopicPartition[]): void {
    const held = this.membership.resume(partitions);
    if (held.length > 0) this.supervisor.vendor?.resume(toVendorPartitions(held));
  }

  seek(target: TopicPartition & { readonly offset: Offset }): void {
    const { topic, partition, offset } = target;
    // kafkajs would keep a seek of a foreign partition and obey it in a later generation.
    if (!this.membership.holds(target) || this.membership.phase !== 'assigned') return;
    this.membership.moveTo(target, offset);
    this.supervisor.vendor?.seek({ topic, partition, offset: offset.toString() });
  }

  async commit(
    offsets: ReadonlyArray<TopicPartition & { readonly next: Offset }>,
    epoch: number,
  ): Promise<'committed' | 'stale'> {
    const { clock, observer, settings } = this.edge;
    const generation = this.membership.generationOf(epoch);
    const own = offsets.filter((offset) => this.membership.holds(offset));
    if (generation === null || own.length === 0) return 'stale';
    const startedAtMs = clock.monotonicMs();
    const where = `commit of group ${settings.groupId}`;
    try {
      await within(
        clock,
        COMMIT_DEADLINE_MS,
        generation.commit(own),
        () => new KafkaUnavailableError({ message: 'the coordinator did not answer', where }),
      );
    } catch (error) {
      if (isStaleGeneration(error)) return 'stale';
      throw translateError(error, where);
    }
    const durationMs = clock.monotonicMs() - startedAtMs;
    observer.committed(settings.groupId, durationMs);
    void this.listeners.emit('committed', { durationMs });
    return 'committed';
  }

  rebuild(reason: MillraceError): void {
    this.supervisor.rebuild(reason);
  }

  stop({ deadlineMs }: { readonly deadlineMs: number }): Promise<'clean' | 'forced'> {
    this.stopping ??= this.leave(deadlineMs);
    return this.stopping;
  }

  on<E extends keyof ConsumerEvents>(event: E, listener: ConsumerListener<E>): () => void {
    return this.listeners.add(event, listener);
  }

  private async leave(deadlineMs: number): Promise<'clean' | 'forced'> {
    const { groupId } = this.edge.settings;
    this.hooks.isStopping = true;
    this.membership.revoke('draining');
    const outcome = await this.supervisor.stop(deadlineMs);
    this.membership.leave('draining');
    this.edge.observer.rebalanced(groupId, 'leave');
    this.edge.onStopped?.();
    this.logger.debug(
      { event: 'kafka.consumer.stopped', group: groupId, outcome },
      `consumer of group ${groupId} stopped`,
    );
    return outcome;
  }

  /** kafkajs keeps a partition paused across rebalances: a forgotten one would stall for ever. */
  private resumeEverything(): void {
    const { vendor } = this.supervisor;
    const paused = vendor?.paused() ?? [];
    if (paused.length > 0) vendor?.resume(paused);
  }

  private openSession(): ConsumerSession {
    const { settings, options, source, createDecoder } = this.edge;
    const handle = source.open('consumer');
    const events = this.sessionEvents();
    return new ConsumerSession(handle, settings, options, this.hooks, events, createDecoder());
  }

  private sessionEvents(): SessionEvents {
    const { settings, contact, observer } = this.edge;
    const { groupId } = settings;
    return {
      answered: () => contact.succeeded(),
      fetched: (durationMs) => {
        observer.fetched(groupId, durationMs);
        void this.listeners.emit('fetched', { durationMs });
      },
      heartbeat: (durationMs) => {
        observer.heartbeat(groupId, durationMs);
        void this.listeners.emit('heartbeat', { durationMs });
      },
    };
  }
}
