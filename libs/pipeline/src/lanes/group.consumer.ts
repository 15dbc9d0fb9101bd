import { Logger } from '@nestjs/common';
import type { Clock } from 'millrace/retry';
import { Committer } from './committer';
import type {
  BatchControl,
  ConsumerEvents,
  ConsumerPort,
  FetchedBatch,
  TopicPartition,
} from '../ports/driver';
import type { LaneLimits, SliceHandler } from './lane';
import { Lane } from './lane';
import { OffsetLostError } from '../pipeline.errors';
import type { PipelineMetrics } from '../pipeline.metrics';
import { PausedPartitions } from './paused-partitions';

/** What a group does now; closed set. */
export const GROUP_STATES = ['joining', 'assigned', 'rebalancing', 'crashed', 'stopped'] as const;
export type GroupState = (typeof GROUP_STATES)[number];

export interface GroupStatus {
  readonly groupId: string;
  readonly pipeline: string;
  readonly state: GroupState;
  /** Time in this state; unit ms. */
  readonly forMs: number;
  readonly partitions: number;
  readonly inFlightRecords: number;
  /** Partitions that wait for a person because their offset is no longer in the log. */
  readonly lostPartitions: number;
}

export interface GroupConsumerParts {
  readonly groupId: string;
  readonly pipeline: string;
  readonly consumer: ConsumerPort;
  /** By topic. */
  readonly handlers: ReadonlyMap<string, SliceHandler>;
  readonly limits: LaneLimits;
  readonly commit: { readonly intervalMs: number; readonly everyRecords: number };
  readonly revokeDrainMs: number;
  readonly metrics: PipelineMetrics;
  readonly clock: Clock;
}

/** How long a batch call waits for room before its partition is paused; unit ms. */
const HOLD_MS = 200;

const keyOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;

/**
 * Runs one member of one consumer group: a lane per assigned partition, one committer for all.
 *
 * Promises: the driver's batch call never waits for user code; work of an older epoch never
 * commits; before partitions move, work in hand is finished and committed within `revokeDrainMs`,
 * as far as the driver waits for it.
 */
export class GroupConsumer {
  private readonly logger = new Logger('Consumer');
  private readonly lanes = new Map<string, Lane>();
  private readonly paused: PausedPartitions;
  private readonly committer: Committer;
  private readonly lost = new Set<string>();
  private state: GroupState = 'joining';
  private sinceMs: number;

  constructor(private readonly parts: GroupConsumerParts) {
    const { consumer, clock, commit, metrics, groupId, pipeline } = parts;
    this.sinceMs = clock.monotonicMs();
    this.paused = new PausedPartitions(consumer, metrics.paused, pipeline);
    this.committer = new Committer({
      consumer,
      clock,
      ...commit,
      lanes: () => this.lanes.values(),
      onStale: () => metrics.staleCommits.inc({ group: groupId }),
      onFailed: (error) =>
        this.logger.warn(
          { event: 'kafka.commit_failed', group: groupId, error: messageOf(error) },
          `group ${groupId} could not commit and tries again: ${messageOf(error)}`,
        ),
      onCommitted: () => undefined,
    });
    this.listen();
  }

  /** Resolves after the first join. */
  async start(signal: AbortSignal): Promise<void> {
    await this.parts.consumer.start((batch, control) => this.take(batch, control), { signal });
  }

  /** Finishes what is in hand, commits it and leaves the group. */
  async drain(deadlineMs: number): Promise<void> {
    const { consumer, clock, groupId } = this.parts;
    const endMs = clock.monotonicMs() + deadlineMs;
    this.enter('stopped');
    this.paused.addAll(consumer.assignment().partitions, 'draining');
    // Of the budget a fifth is kept for the commit and for leaving.
    const abandoned = await this.stopLanes('draining', deadlineMs * 0.8);
    await this.committer.flush();
    this.committer.stop();
    const how = await consumer.stop({ deadlineMs: Math.max(500, endMs - clock.monotonicMs()) });
    this.logger.log(
      { event: 'app.drain', group: groupId, abandoned_slices: abandoned, how },
      `group ${groupId} is drained`,
    );
  }

  get status(): GroupStatus {
    const lanes = [...this.lanes.values()];
    return {
      groupId: this.parts.groupId,
      pipeline: this.parts.pipeline,
      state: this.state,
      forMs: Math.round(this.parts.clock.monotonicMs() - this.sinceMs),
      partitions: this.parts.consumer.assignment().partitions.length,
      inFlightRecords: lanes.reduce((sum, lane) => sum + lane.inFlightRecords, 0),
      lostPartitions: this.lost.size,
    };
  }

  /** True when no record is held and nothing waits for its commit. */
  get isSettled(): boolean {
    return [...this.lanes.values()].every((lane) => lane.isIdle) && !this.committer.isPending;
  }

  private async take(
    batch: FetchedBatch,
    control: BatchControl,
  ): Promise<{ resume: bigint | null }> {
    const lane = this.laneOf(batch, control.epoch);
    if (lane === null || control.signal.aborted || !lane.offer(batch)) return { resume: null };
    await lane.whenRoom(HOLD_MS);
    return { resume: batch.nextOffset };
  }

  private laneOf(target: TopicPartition, epoch: number): Lane | null {
    const key = keyOf(target);
    const known = this.lanes.get(key);
    if (known !== undefined && known.epoch >= epoch) return known.epoch === epoch ? known : null;
    const handle = this.parts.handlers.get(target.topic);
    if (handle === undefined || this.state === 'stopped' || this.state === 'rebalancing')
      return null;
    // A lane that began in an older epoch ends first: two lanes never work on one partition.
    void known?.stop('revoked', 0);
    const ended = known?.settled();
    const lane = new Lane(
      target,
      epoch,
      this.parts.limits,
      handle,
      this.laneEvents(),
      this.parts.clock,
      ended,
    );
    this.lanes.set(key, lane);
    return lane;
  }

  private laneEvents() {
    const { groupId } = this.parts;
    return {
      full: (lane: Lane) => this.paused.add(lane, 'backpressure'),
      drained: (lane: Lane) => this.paused.remove(lane, 'backpressure'),
      progress: (_lane: Lane, records: number) => this.committer.progress(records),
      fault: (lane: Lane, error: unknown) =>
        this.logger.error(
          {
            event: 'pipeline.fault',
            group: groupId,
            topic: lane.topic,
            partition: lane.partition,
            error: messageOf(error),
          },
          `the pipeline failed on ${keyOf(lane)} and handles the slice again: ${messageOf(error)}`,
        ),
    };
  }

  private listen(): void {
    const { consumer } = this.parts;
    consumer.on('joined', (assignment) => this.onJoined(assignment));
    consumer.on('rebalancing', () => this.onRebalancing());
    consumer.on('crashed', (crash) => this.onCrashed(crash));
    consumer.on('offsetLost', (loss) => this.onOffsetLost(loss));
  }

  private onJoined({ epoch, partitions }: ConsumerEvents['joined']): void {
    const { metrics, groupId } = this.parts;
    if (this.state === 'stopped') return;
    this.enter('assigned');
    const assigned = new Set(partitions.map(keyOf));
    for (const [key, lane] of this.lanes) {
      if (lane.epoch >= epoch) continue;
      // Abandoned at once; a lane of the new epoch waits for its end. Others are forgotten.
      void lane.stop('revoked', 0);
      if (!assigned.has(key)) this.lanes.delete(key);
    }
    this.lost.clear();
    this.paused.reapply(partitions);
    metrics.assigned.set({ group: groupId }, partitions.length);
    this.logger.log(
      { event: 'kafka.rebalance', group: groupId, epoch, partitions: partitions.length },
      `group ${groupId} holds ${partitions.length} partitions`,
    );
  }

  private async onRebalancing(): Promise<void> {
    if (this.state === 'stopped') return;
    this.enter('rebalancing');
    await this.stopLanes('revoked', this.parts.revokeDrainMs);
    await this.committer.flush();
  }

  private onCrashed({ error, restartInMs }: ConsumerEvents['crashed']): void {
    if (this.state === 'stopped') return;
    this.enter('crashed');
    const { groupId } = this.parts;
    const next =
      restartInMs === null ? 'it is not restarted' : `next try in ${Math.round(restartInMs)} ms`;
    this.logger.warn(
      { event: 'kafka.disconnected', group: groupId, error_code: error.code, error: error.message },
      `the consumer of group ${groupId} stopped (${error.message}); ${next}`,
    );
  }

  private onOffsetLost(loss: ConsumerEvents['offsetLost']): void {
    const { groupId, pipeline, metrics } = this.parts;
    const { topic, partition, committed, earliest, end } = loss;
    const gap = earliest > committed ? earliest - committed : 0n;
    metrics.gaps.inc({ pipeline, topic }, Number(gap));
    this.lost.add(keyOf(loss));
    this.paused.add(loss, 'offset_lost');
    const error = new OffsetLostError({
      message: `group "${groupId}" is committed at ${committed} of ${topic}/${partition}, the log holds ${earliest} to ${end}: ${gap} records are gone`,
      where: `${topic}/${partition}`,
    });
    this.logger.error(
      { event: 'kafka.offset_lost', error_code: error.code, group: groupId },
      error.message,
    );
  }

  private async stopLanes(reason: 'revoked' | 'draining', budgetMs: number): Promise<number> {
    const stops = [...this.lanes.values()].map((lane) => lane.stop(reason, budgetMs));
    const abandoned = await Promise.all(stops);
    return abandoned.reduce((sum, count) => sum + count, 0);
  }

  private enter(state: GroupState): void {
    if (state === this.state) return;
    this.state = state;
    this.sinceMs = this.parts.clock.monotonicMs();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
