import type { Gauge } from 'prom-client';
import type { ConsumerPort } from '../ports/driver';
import type { TopicPartition } from '../ports/record';

/** Why a partition is paused; closed set, label of `pipeline_partition_paused`. */
export const PAUSE_REASONS = [
  'backpressure',
  'parked',
  'draining',
  'offset_lost',
  'operator',
  'stop_the_line',
  'undecodable',
] as const;
export type PauseReason = (typeof PAUSE_REASONS)[number];

/** Reasons of persons and of the line; whoever wants them says so for every assignment. */
export const WANTED_REASONS = ['operator', 'stop_the_line', 'undecodable'] as const;
export type WantedPauses = Readonly<
  Record<(typeof WANTED_REASONS)[number], (target: TopicPartition) => boolean>
>;

/** They belong to an assignment and end with it: to its lanes, or to the position that it began with. */
const OF_ONE_ASSIGNMENT = ['backpressure', 'parked', 'offset_lost'] as const;

interface Entry {
  readonly target: TopicPartition;
  readonly reasons: Set<PauseReason>;
}

const keyOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;

/**
 * Keeps the reasons for which partitions are paused: a partition flows when it has none left.
 *
 * Promise: wanted pauses (of a person, of the line, of a range that cannot be decoded) are applied
 * again to each new assignment, before its first batch; those of the lanes before it are not. The
 * metric tells of partitions that are held here, and of no other.
 */
export class PausedPartitions {
  private readonly entries = new Map<string, Entry>();
  /** null before the first assignment: then every partition is told of. */
  private held: ReadonlySet<string> | null = null;

  constructor(
    private readonly consumer: Pick<ConsumerPort, 'pause' | 'resume'>,
    private readonly gauge: Gauge<'pipeline' | 'topic' | 'partition' | 'reason'>,
    private readonly pipeline: string,
  ) {}

  add(target: TopicPartition, reason: PauseReason): void {
    const entry = this.entryOf(target);
    entry.reasons.add(reason);
    this.report(entry.target, reason, this.isHeld(target));
    this.consumer.pause([entry.target]);
  }

  addAll(targets: readonly TopicPartition[], reason: PauseReason): void {
    for (const target of targets) this.add(target, reason);
  }

  remove(target: TopicPartition, reason: PauseReason): void {
    const entry = this.entries.get(keyOf(target));
    if (entry === undefined || !entry.reasons.delete(reason)) return;
    this.report(entry.target, reason, false);
    if (entry.reasons.size > 0) return;
    this.entries.delete(keyOf(target));
    this.consumer.resume([entry.target]);
  }

  /** Pauses what is wanted, and resumes what no longer is. */
  apply(assigned: readonly TopicPartition[], wanted: WantedPauses): void {
    for (const target of assigned) {
      const reasons = this.entries.get(keyOf(target))?.reasons;
      for (const reason of WANTED_REASONS) {
        if (!wanted[reason](target)) this.remove(target, reason);
        else if (reasons?.has(reason) !== true) this.add(target, reason);
      }
    }
  }

  has(target: TopicPartition): boolean {
    return this.entries.has(keyOf(target));
  }

  /** True when it is paused for another reason than that its lane is full. */
  isPaused(target: TopicPartition): boolean {
    const reasons = this.entries.get(keyOf(target))?.reasons ?? [];
    return [...reasons].some((reason) => reason !== 'backpressure');
  }

  /** The driver has resumed everything: pauses again what must stay paused. */
  reapply(assigned: readonly TopicPartition[]): void {
    this.held = new Set(assigned.map(keyOf));
    const kept: TopicPartition[] = [];
    for (const [key, { target, reasons }] of this.entries) {
      for (const reason of OF_ONE_ASSIGNMENT) {
        if (reasons.delete(reason)) this.report(target, reason, false);
      }
      if (reasons.size === 0) this.entries.delete(key);
      else if (this.held.has(key)) kept.push(target);
      for (const reason of reasons) this.report(target, reason, this.held.has(key));
    }
    if (kept.length > 0) this.consumer.pause(kept);
  }

  private isHeld(target: TopicPartition): boolean {
    return this.held === null || this.held.has(keyOf(target));
  }

  private entryOf(target: TopicPartition): Entry {
    const key = keyOf(target);
    const known = this.entries.get(key);
    if (known !== undefined) return known;
    const { topic, partition } = target;
    const entry: Entry = { target: { topic, partition }, reasons: new Set() };
    this.entries.set(key, entry);
    return entry;
  }

  private report(target: TopicPartition, reason: PauseReason, isPaused: boolean): void {
    const { topic, partition } = target;
    const labels = { pipeline: this.pipeline, topic, partition: String(partition), reason };
    this.gauge.set(labels, isPaused ? 1 : 0);
  }
}
