import { Logger } from '@nestjs/common';
import type { ConsumerSettings, TopicPartition } from 'millrace/pipeline';
import { sleep } from 'millrace/retry';
import type { Clock } from 'millrace/retry';
import type { KafkajsAdmin } from '../admin/kafkajs.admin';
import type { Generation, MembershipHooks } from '../guards/membership.guard';
import type { KafkaObserver, RebalanceCause } from '../kafka.observer';
import type { KafkaConsumerOptions } from '../kafka.options';
import { settlesWithin } from '../within';
import type { ConsumerListeners } from './consumer.listeners';
import type { Membership } from './membership';

const LOOK_AGAIN_MS = 1_000;
/** For the commit behind a drain that took its whole budget; unit ms. */
const COMMIT_ROOM_MS = 200;

export interface MemberHooksOptions {
  readonly settings: ConsumerSettings;
  readonly options: KafkaConsumerOptions;
  readonly admin: Pick<KafkajsAdmin, 'committed' | 'offsets'>;
  readonly observer: KafkaObserver;
  readonly clock: Clock;
  readonly membership: Membership;
  readonly listeners: ConsumerListeners;
  readonly client: {
    pause(targets: readonly TopicPartition[]): void;
    resume(targets: readonly TopicPartition[]): void;
    resumeEverything(): void;
  };
}

/** What a member does around each join, and when its position is not in the log. */
export class MemberHooks implements MembershipHooks {
  isStopping = false;
  private readonly logger = new Logger('Kafka');
  private joinStartedAtMs: number;
  private memberId: string | null = null;
  private reclaimableId: string | null = null;
  private onFirstJoin: () => void = () => undefined;
  /** Resolves after the first assignment. */
  readonly firstJoin: Promise<void>;

  constructor(private readonly edge: MemberHooksOptions) {
    this.joinStartedAtMs = edge.clock.monotonicMs();
    this.firstJoin = new Promise((resolve) => {
      this.onFirstJoin = resolve;
    });
  }

  reclaimMemberId(): string | null {
    const id = this.reclaimableId;
    this.reclaimableId = null;
    return id;
  }

  async beforeJoin({ lost }: { readonly lost: boolean }): Promise<void> {
    const { membership, clock } = this.edge;
    if (membership.phase === 'assigned' && !this.isStopping) {
      await this.revoke(lost ? 'lost' : 'revoked');
    }
    this.joinStartedAtMs = clock.monotonicMs();
  }

  /** The client died: its partitions are somebody else's now, and nothing can be committed. */
  async died(): Promise<void> {
    const { membership } = this.edge;
    const wasAssigned = membership.phase === 'assigned';
    membership.leave('lost');
    this.reclaimableId = this.memberId;
    if (wasAssigned) await this.tell('timeout', 'crashed');
  }

  /** Aborts what is being worked on, then waits for the listeners. */
  private async revoke(reason: 'lost' | 'revoked'): Promise<void> {
    this.edge.membership.revoke(reason);
    await this.tell(reason === 'lost' ? 'timeout' : 'revoke', reason);
  }

  private async tell(cause: RebalanceCause, reason: string): Promise<void> {
    const { membership, listeners, observer, settings, clock, options } = this.edge;
    const { epoch } = membership.assignment;
    observer.rebalanced(settings.groupId, cause);
    const drained = listeners.emit('rebalancing', { epoch, reason });
    await settlesWithin(clock, options.revokeDrainMs + COMMIT_ROOM_MS, drained);
  }

  afterJoin(generation: Generation): Promise<void> {
    if (!this.isStopping) this.enter(generation);
    return Promise.resolve();
  }

  private enter(generation: Generation): void {
    const { membership, clock, client, listeners, observer, settings } = this.edge;
    const durationMs = clock.monotonicMs() - this.joinStartedAtMs;
    const assignment = membership.enter(generation);
    this.memberId = generation.memberId;
    client.resumeEverything();
    const { groupId } = settings;
    observer.rebalanced(groupId, 'join');
    // The core tells people; this line is for those who look at the client.
    this.logger.debug(
      {
        event: 'kafka.consumer.joined',
        group: groupId,
        epoch: assignment.epoch,
        partitions: assignment.partitions.length,
        duration_ms: Math.round(durationMs),
      },
      `joined group ${groupId} with ${assignment.partitions.length} partitions`,
    );
    void listeners.emit('joined', { ...assignment, durationMs });
    this.onFirstJoin();
  }

  /** The partition stays paused: the core decides, by a seek and a resume, or not at all. */
  async outOfRange(target: TopicPartition): Promise<void> {
    const { membership, client, clock } = this.edge;
    const { epoch } = membership.assignment;
    client.pause([target]);
    try {
      const isLost = await this.report(target, epoch);
      if (!isLost) client.resume([target]);
    } catch (error) {
      const { topic, partition } = target;
      this.logger.warn(
        { event: 'kafka.offset.unknown', topic, partition, err: error },
        'the position is not in the log and the log cannot be asked; trying again',
      );
      await sleep(clock, LOOK_AGAIN_MS);
      client.resume([target]);
    }
  }

  /** @returns false when the position is in the log after all, or the assignment is over. */
  private async report(target: TopicPartition, epoch: number): Promise<boolean> {
    const { membership, admin, listeners, settings } = this.edge;
    const { topic, partition } = target;
    const position = membership.positionOf(target);
    const [log, committed] = await Promise.all([
      admin.offsets(topic),
      position === undefined ? admin.committed(settings.groupId, topic) : undefined,
    ]);
    const { earliest, end } = log.get(partition) ?? { earliest: 0n, end: 0n };
    const lost = position ?? committed?.get(partition) ?? earliest;
    if (membership.assignment.epoch !== epoch) return false;
    if (lost >= earliest && lost <= end) return false;
    this.logger.debug(
      {
        event: 'kafka.offset.lost',
        group: settings.groupId,
        topic,
        partition,
        committed: lost.toString(),
        earliest: earliest.toString(),
        end: end.toString(),
      },
      `offset ${lost} of ${topic}/${partition} is not in the log (${earliest} to ${end})`,
    );
    await listeners.emit('offsetLost', { topic, partition, committed: lost, earliest, end });
    return true;
  }
}
