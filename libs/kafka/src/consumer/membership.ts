import type {
  Assignment,
  BatchControl,
  Offset,
  RevokeReason,
  TopicPartition,
} from 'millrace/pipeline';
import type { Generation } from '../guards/membership.guard';

/** Where a member is between two generations; closed set. */
export const MEMBER_PHASES = ['joining', 'assigned', 'rebalancing', 'left'] as const;
export type MemberPhase = (typeof MEMBER_PHASES)[number];

/**
 * What one member holds: its epoch, its partitions, which of them are paused, how far each was read.
 *
 * The epoch rises with each assignment and is never reused, not even by a new client.
 */
export class Membership {
  phase: MemberPhase = 'joining';
  private epoch = 0;
  private generation: Generation | null = null;
  private abort = new AbortController();
  private held = new Map<string, TopicPartition>();
  private readonly paused = new Set<string>();
  private readonly positions = new Map<string, Offset>();

  get assignment(): Assignment {
    const partitions = this.phase === 'assigned' ? [...this.held.values()] : [];
    return { epoch: this.epoch, partitions };
  }

  get control(): BatchControl {
    return { epoch: this.epoch, signal: this.abort.signal };
  }

  enter(generation: Generation): Assignment {
    this.epoch += 1;
    this.generation = generation;
    this.abort = new AbortController();
    this.held = new Map(generation.partitions.map((target) => [keyOf(target), target]));
    this.paused.clear();
    this.positions.clear();
    this.phase = 'assigned';
    return this.assignment;
  }

  /** Says that the partitions may not be worked on any longer; commits are still possible. */
  revoke(reason: RevokeReason): void {
    if (this.phase === 'assigned') this.phase = 'rebalancing';
    this.abort.abort(reason);
  }

  /** Nothing of this generation counts any longer. */
  leave(reason: RevokeReason): void {
    this.revoke(reason);
    this.phase = 'left';
    this.generation = null;
  }

  /** The generation of an epoch; null when it is over. */
  generationOf(epoch: number): Generation | null {
    return epoch === this.epoch ? this.generation : null;
  }

  holds(target: TopicPartition): boolean {
    return this.held.has(keyOf(target));
  }

  /** True when a batch of the partition may be handed out. */
  isOpen(target: TopicPartition): boolean {
    const key = keyOf(target);
    return this.phase === 'assigned' && this.held.has(key) && !this.paused.has(key);
  }

  /** @returns those that are held; only they may reach the client. */
  pause(targets: readonly TopicPartition[]): readonly TopicPartition[] {
    const held = targets.filter((target) => this.holds(target));
    for (const target of held) this.paused.add(keyOf(target));
    return held;
  }

  /** @returns those that are held. */
  resume(targets: readonly TopicPartition[]): readonly TopicPartition[] {
    const held = targets.filter((target) => this.holds(target));
    for (const target of held) this.paused.delete(keyOf(target));
    return held;
  }

  /** The next offset to read, as far as this member knows. */
  positionOf(target: TopicPartition): Offset | undefined {
    return this.positions.get(keyOf(target));
  }

  moveTo(target: TopicPartition, next: Offset): void {
    this.positions.set(keyOf(target), next);
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${partition}@${topic}`;
}

/** kafkajs' shape of a list of partitions. */
export function toVendorPartitions(
  targets: readonly TopicPartition[],
): Array<{ topic: string; partitions: number[] }> {
  const byTopic = new Map<string, number[]>();
  for (const { topic, partition } of targets) {
    const partitions = byTopic.get(topic) ?? [];
    partitions.push(partition);
    byTopic.set(topic, partitions);
  }
  return [...byTopic].map(([topic, partitions]) => ({ topic, partitions }));
}
