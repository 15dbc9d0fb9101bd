import type { Gauge } from 'prom-client';
import type { ConsumerPort, TopicPartition } from '../ports/driver';

/** Why a partition is paused; closed set, label of `pipeline_partition_paused`. */
export const PAUSE_REASONS = ['backpressure', 'draining', 'offset_lost'] as const;
export type PauseReason = (typeof PAUSE_REASONS)[number];

/**
 * Keeps the reasons for which partitions are paused: a partition flows when it has none left.
 *
 * Promise: wanted pauses are applied again to each new assignment, before its first batch;
 * backpressure is not, because the lane it belonged to is gone.
 */
export class PausedPartitions {
  private readonly reasons = new Map<string, { target: TopicPartition; set: Set<PauseReason> }>();

  constructor(
    private readonly consumer: Pick<ConsumerPort, 'pause' | 'resume'>,
    private readonly gauge: Gauge<'pipeline' | 'topic' | 'partition' | 'reason'>,
    private readonly pipeline: string,
  ) {}

  add(target: TopicPartition, reason: PauseReason): void {
    const entry = this.entryOf(target);
    entry.set.add(reason);
    this.report(target, reason, 1);
    this.consumer.pause([entry.target]);
  }

  addAll(targets: readonly TopicPartition[], reason: PauseReason): void {
    for (const target of targets) this.add(target, reason);
  }

  remove(target: TopicPartition, reason: PauseReason): void {
    const entry = this.entryOf(target);
    if (!entry.set.delete(reason)) return;
    this.report(target, reason, 0);
    if (entry.set.size === 0) this.consumer.resume([entry.target]);
  }

  /** The driver has resumed everything: pauses again what must stay paused. */
  reapply(assigned: readonly TopicPartition[]): void {
    for (const { target, set } of this.reasons.values()) {
      for (const reason of ['backpressure', 'offset_lost'] as const) {
        if (set.delete(reason)) this.report(target, reason, 0);
      }
    }
    const kept = assigned.filter((target) => this.entryOf(target).set.size > 0);
    if (kept.length > 0) this.consumer.pause(kept);
  }

  private entryOf({ topic, partition }: TopicPartition) {
    const key = `${topic}/${partition}`;
    const known = this.reasons.get(key);
    if (known !== undefined) return known;
    const entry = { target: { topic, partition }, set: new Set<PauseReason>() };
    this.reasons.set(key, entry);
    return entry;
  }

  private report({ topic, partition }: TopicPartition, reason: PauseReason, value: 0 | 1): void {
    this.gauge.set({ pipeline: this.pipeline, topic, partition: String(partition), reason }, value);
  }
}
