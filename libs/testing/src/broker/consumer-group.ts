import type { MemberDescription, Offset, TopicPartition } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { assignInTurn } from './assignor';

/** Kafka's own words; closed set. */
export const MEMORY_GROUP_STATES = ['Empty', 'PreparingRebalance', 'Stable'] as const;
export type MemoryGroupState = (typeof MEMORY_GROUP_STATES)[number];

/** How the coordinator reaches a member. A member whose process is dead does not answer. */
export interface MemberLine {
  /** The group rebalances: finish what is in hand, then {@link ConsumerGroup.rejoin}. */
  rebalancing(reason: string): void;
  assigned(assignment: MemberAssignment): void;
  /** The coordinator gave the member up: what it holds is somebody else's now. */
  expelled(): void;
}

export interface MemberAssignment {
  readonly generation: number;
  readonly partitions: readonly TopicPartition[];
}

export interface JoinRequest {
  readonly clientId: string;
  readonly topics: readonly string[];
  readonly line: MemberLine;
}

interface Member extends JoinRequest {
  readonly memberId: string;
  /** Of the generation of now. */
  partitions: readonly TopicPartition[];
}

export interface ConsumerGroupParts {
  readonly groupId: string;
  readonly clock: Clock;
  /** Members that have not rejoined after it are given up; unit ms. */
  readonly rebalanceTimeoutMs: number;
  readonly partitionsOf: (topic: string) => number;
  /** Runs something in a later turn of the event loop. */
  readonly defer: (task: () => void) => void;
}

/**
 * Coordinates one consumer group by the eager protocol: at each change every member gives up all
 * partitions, rejoins, and gets its share of a new generation.
 *
 * Promises: in one generation a partition belongs to one member; a commit counts only from a member
 * of the current generation; commits of the old generation are accepted until the new one begins.
 *
 * @see Kafka protocol guide, JoinGroup and OffsetCommit
 */
export class ConsumerGroup {
  readonly groupId: string;
  private readonly members = new Map<string, Member>();
  private readonly rejoined = new Set<string>();
  private readonly offsets = new Map<string, Offset>();
  private readonly settledListeners = new Set<() => void>();
  private joins = 0;
  private currentGeneration = 0;
  private currentState: MemoryGroupState = 'Empty';
  private cancelTimeout: (() => void) | null = null;
  private isCompletionDeferred = false;

  constructor(private readonly parts: ConsumerGroupParts) {
    this.groupId = parts.groupId;
  }

  get state(): MemoryGroupState {
    return this.currentState;
  }

  get generation(): number {
    return this.currentGeneration;
  }

  get memberIds(): readonly string[] {
    return [...this.members.keys()];
  }

  describe(): readonly MemberDescription[] {
    const isStable = this.currentState === 'Stable';
    return [...this.members.values()].map(({ memberId, clientId, partitions }) => {
      return { memberId, clientId, host: 'memory', partitions: isStable ? partitions : [] };
    });
  }

  reads(topic: string): boolean {
    return [...this.members.values()].some(({ topics }) => topics.includes(topic));
  }

  /** @returns the id of the new member; its partitions come through its line. */
  join(request: JoinRequest): string {
    this.joins += 1;
    const memberId = `${request.clientId}-${String(this.joins).padStart(4, '0')}`;
    this.members.set(memberId, { ...request, memberId, partitions: [] });
    this.rejoined.add(memberId);
    this.rebalance(`member ${memberId} joins`);
    return memberId;
  }

  /** Answers {@link MemberLine.rebalancing}. A member that was given up is not taken back. */
  rejoin(memberId: string): void {
    if (!this.members.has(memberId) || this.currentState !== 'PreparingRebalance') return;
    this.rejoined.add(memberId);
    this.completeWhenAllAreBack();
  }

  leave(memberId: string): void {
    if (!this.members.delete(memberId)) return;
    this.rejoined.delete(memberId);
    this.rebalance(`member ${memberId} leaves`);
  }

  /** Gives a member up, as the coordinator does when its session is over. */
  expel(memberId: string, options: { readonly noticeAfterMs?: number } = {}): void {
    const member = this.members.get(memberId);
    if (member === undefined) return;
    this.members.delete(memberId);
    this.rejoined.delete(memberId);
    this.rebalance(`the session of member ${memberId} is over`);
    this.parts.clock.setTimer(() => member.line.expelled(), options.noticeAfterMs ?? 0);
  }

  /** Begins a new generation. Harmless while one is being prepared. */
  rebalance(reason: string): void {
    if (this.members.size === 0) {
      this.becomeEmpty();
      return;
    }
    if (this.currentState !== 'PreparingRebalance') this.prepare(reason);
    this.completeWhenAllAreBack();
  }

  /** Resolves when no rebalance is under way. */
  async settled(): Promise<void> {
    if (this.currentState !== 'PreparingRebalance') return;
    await new Promise<void>((resolve) => this.settledListeners.add(resolve));
  }

  commit(
    memberId: string,
    generation: number,
    offsets: ReadonlyArray<TopicPartition & { readonly next: Offset }>,
  ): 'committed' | 'stale' {
    if (!this.members.has(memberId) || generation !== this.currentGeneration) return 'stale';
    this.setCommitted(offsets);
    return 'committed';
  }

  setCommitted(offsets: ReadonlyArray<TopicPartition & { readonly next: Offset }>): void {
    for (const { topic, partition, next } of offsets) {
      this.offsets.set(`${topic}/${partition}`, next);
    }
  }

  /** Next offset to read; null = no commit. */
  committed({ topic, partition }: TopicPartition): Offset | null {
    return this.offsets.get(`${topic}/${partition}`) ?? null;
  }

  private prepare(reason: string): void {
    const { clock, rebalanceTimeoutMs } = this.parts;
    this.currentState = 'PreparingRebalance';
    this.cancelTimeout = clock.setTimer(() => this.giveUpTheSilent(), rebalanceTimeoutMs);
    for (const { memberId, line } of [...this.members.values()]) {
      if (!this.rejoined.has(memberId)) line.rebalancing(reason);
    }
  }

  private giveUpTheSilent(): void {
    for (const memberId of this.memberIds) {
      if (!this.rejoined.has(memberId)) this.expel(memberId);
    }
  }

  private completeWhenAllAreBack(): void {
    const isComplete = () => this.members.size > 0 && this.rejoined.size === this.members.size;
    if (this.isCompletionDeferred || !isComplete()) return;
    this.isCompletionDeferred = true;
    // In a later turn, so that members who join together meet in one generation.
    this.parts.defer(() => {
      this.isCompletionDeferred = false;
      if (this.currentState === 'PreparingRebalance' && isComplete()) this.complete();
    });
  }

  private complete(): void {
    this.currentGeneration += 1;
    this.currentState = 'Stable';
    this.cancelTimeout?.();
    this.rejoined.clear();
    const members = [...this.members.values()];
    const assignment = assignInTurn(members, this.parts.partitionsOf);
    for (const member of members) {
      const partitions = assignment.get(member.memberId) ?? [];
      member.partitions = partitions;
      member.line.assigned({ generation: this.currentGeneration, partitions });
    }
    this.reportSettled();
  }

  private becomeEmpty(): void {
    this.currentState = 'Empty';
    this.currentGeneration += 1;
    this.cancelTimeout?.();
    this.rejoined.clear();
    this.reportSettled();
  }

  private reportSettled(): void {
    for (const listener of this.settledListeners) listener();
    this.settledListeners.clear();
  }
}
