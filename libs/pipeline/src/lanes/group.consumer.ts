import { Logger } from '@nestjs/common';
import type { MillraceError } from 'millrace/errors';
import { Committer } from './committer';
import type { BatchControl, ConsumerEvents, FetchedBatch } from '../ports/driver';
import type { Offset, TopicPartition } from '../ports/record';
import type { LaneEvents } from './lane';
import { Lane } from './lane';
import type { GroupConsumerParts } from './group.parts';
import type { GroupState, GroupStatus, PartitionProgress } from './group.status';
import { OffsetLost } from './offset-lost';
import { PausedPartitions } from './paused-partitions';

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
  private readonly offsetLost: OffsetLost;
  private state: GroupState = 'joining';
  private sinceMs: number;

  constructor(private readonly parts: GroupConsumerParts) {
    const { consumer, clock, commit, metrics, groupId, pipeline } = parts;
    this.sinceMs = clock.monotonicMs();
    this.paused = new PausedPartitions(consumer, metrics.paused, pipeline);
    this.offsetLost = new OffsetLost({
      groupId,
      pipeline,
      policy: parts.onOffsetLost ?? 'stop',
      metrics,
    });
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
    // What is finished is committed first: after a crash there may be no time for more.
    void this.committer.flush();
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

  /** Assigned partitions, for those who look after their progress. */
  get progress(): readonly PartitionProgress[] {
    return this.parts.consumer.assignment().partitions.map(({ topic, partition }) => {
      const lane = this.lanes.get(keyOf({ topic, partition }));
      const isPaused = this.paused.isPaused({ topic, partition });
      const committable = lane?.watermark.committable ?? null;
      return { topic, partition, isIdle: lane?.isIdle ?? true, isPaused, committable };
    });
  }

  /** Pauses and resumes what is wanted now. */
  applyPauses(): void {
    const { wantedPauses, consumer } = this.parts;
    if (wantedPauses === undefined || this.state === 'stopped') return;
    this.paused.apply(consumer.assignment().partitions, wantedPauses);
  }

  /** Throws the client away and builds a new one. */
  rebuild(reason: MillraceError): void {
    this.parts.consumer.rebuild(reason);
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
    return { resume: (await lane.whenRoom(HOLD_MS)) ? batch.nextOffset : null };
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
      this.parts.limitsOf?.(target.topic) ?? this.parts.limits,
      handle,
      this.laneEvents(),
      this.parts.clock,
      ended,
    );
    this.lanes.set(key, lane);
    return lane;
  }

  private laneEvents(): LaneEvents {
    const { groupId, consumer, metrics } = this.parts;
    return {
      full: (lane: Lane) => this.paused.add(lane, 'backpressure'),
      drained: (lane: Lane) => this.paused.remove(lane, 'backpressure'),
      parked: (lane: Lane) => this.paused.add(lane, 'parked'),
      unparked: (lane: Lane, offset: Offset) => {
        const { topic, partition } = lane;
        consumer.seek({ topic, partition, offset });
        this.paused.remove(lane, 'parked');
      },
      lowered: () => metrics.loweredOffsets.inc({ group: groupId }),
      progress: (_lane: Lane, records: number) => {
        this.committer.progress(records);
        if (records > 0) this.parts.onProgress?.();
      },
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
      // Abandoned at once; a lane of a newer epoch waits for its end.
      void lane.stop('revoked', 0);
      if (!assigned.has(key)) this.forgetWhenSettled(key, lane);
    }
    this.lost.clear();
    this.paused.reapply(partitions);
    this.applyPauses();
    metrics.assigned.set({ group: groupId }, partitions.length);
    this.logger.log(
      { event: 'kafka.rebalance', group: groupId, epoch, partitions: partitions.length },
      `group ${groupId} holds ${partitions.length} partitions`,
    );
  }

  /** Not before its work has ended: the partition may come back, and two never work on one. */
  private forgetWhenSettled(key: string, lane: Lane): void {
    void lane.settled().then(() => {
      if (this.lanes.get(key) === lane) this.lanes.delete(key);
    });
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
    this.parts.onCrashed?.(error);
    const { groupId } = this.parts;
    const next =
      restartInMs === null ? 'it is not restarted' : `next try in ${Math.round(restartInMs)} ms`;
    this.logger.warn(
      { event: 'kafka.disconnected', group: groupId, error_code: error.code, error: error.message },
      `the consumer of group ${groupId} stopped (${error.message}); ${next}`,
    );
  }

  private onOffsetLost(loss: ConsumerEvents['offsetLost']): void {
    const { consumer } = this.parts;
    const { topic, partition, end } = loss;
    const reaction = this.offsetLost.react(loss);
    if (reaction.kind === 'stop') {
      this.lost.add(keyOf(loss));
      this.paused.add(loss, 'offset_lost');
      return;
    }
    // Through the lane: the position is committed behind what the lane still has in hand.
    const nextOffset = reaction.from;
    const lane = this.laneOf(loss, consumer.assignment().epoch);
    lane?.offer({ topic, partition, records: [], nextOffset, highWatermark: end, bytes: 0 });
    consumer.seek({ topic, partition, offset: nextOffset });
    // The driver has paused it; another reason may want it to stay so.
    if (!this.paused.has(loss)) consumer.resume([{ topic, partition }]);
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
