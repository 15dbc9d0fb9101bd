import type { Offset } from 'millrace/pipeline';
import type { MemoryBroker } from '../memory-broker';
import { MemoryBrokerDownError } from '../testing.errors';
import type { RecordPosition } from './topic-log';

/**
 * Makes a {@link MemoryBroker} misbehave as real ones do. Each fault is one method; what it started
 * ends by itself (a count), by its counterpart, or after a time.
 */
export class BrokerFaults {
  private isUp = true;
  private cancelRecovery: (() => void) | null = null;
  private readonly recoveries = new Set<() => void>();
  private commitsToFail = 0;
  private acksToLose = 0;
  private readonly cadences = new Set<(groupId: string, records: number) => void>();
  private readonly pendingDuplicates = new Map<string, number>();

  constructor(private readonly broker: MemoryBroker) {}

  /** False between {@link brokerDown} and {@link brokerUp}. */
  get isBrokerUp(): boolean {
    return this.isUp;
  }

  /**
   * Makes every member give up its partitions and join again.
   *
   * @param groupId - default: all groups.
   * @returns when the new generations have begun.
   */
  async rebalance(groupId?: string): Promise<void> {
    const groups = groupId === undefined ? this.broker.groups : [this.broker.group(groupId)];
    for (const group of groups) group.rebalance('a fault was asked for');
    await Promise.all(groups.map((group) => group.settled()));
  }

  /**
   * Makes members give up their partitions again and again, with records in hand.
   *
   * @param records - delivered to a group between two rebalances; unit records.
   * @param options.groupId - default: every group for itself.
   * @param options.times - it ends by itself after so many; default: never.
   * @returns a function that ends it.
   */
  rebalanceEvery(
    records: number,
    options: { readonly groupId?: string; readonly times?: number } = {},
  ): () => void {
    const { groupId: only, times = Infinity } = options;
    const delivered = new Map<string, number>();
    let rebalances = 0;
    const count = (groupId: string, more: number): void => {
      if (only !== undefined && groupId !== only) return;
      const sum = (delivered.get(groupId) ?? 0) + more;
      delivered.set(groupId, sum % records);
      if (sum < records || rebalances >= times) return;
      rebalances += 1;
      this.broker.group(groupId).rebalance('a fault was asked for');
    };
    this.cadences.add(count);
    return () => void this.cadences.delete(count);
  }

  /** Hears of every delivery. */
  delivered(groupId: string, records: number): void {
    for (const count of this.cadences) count(groupId, records);
  }

  /**
   * Switches the broker off: nothing is fetched, acknowledged or committed.
   *
   * @param forMs - it comes back by itself after it; unit ms; default: never.
   */
  brokerDown(forMs?: number): void {
    this.isUp = false;
    this.cancelRecovery?.();
    this.cancelRecovery =
      forMs === undefined ? null : this.broker.clock.setTimer(() => this.brokerUp(), forMs);
  }

  brokerUp(): void {
    this.cancelRecovery?.();
    this.cancelRecovery = null;
    this.isUp = true;
    for (const recovery of [...this.recoveries]) recovery();
    this.broker.changed();
  }

  /** Calls back whenever the broker comes back. @returns a function that removes the listener. */
  onRecovery(listener: () => void): () => void {
    this.recoveries.add(listener);
    return () => this.recoveries.delete(listener);
  }

  /** @throws {MemoryBrokerDownError} MEMORY_BROKER_DOWN while it is switched off; retryable: yes. */
  assertUp(): void {
    if (!this.isUp) throw new MemoryBrokerDownError();
  }

  /**
   * Appends the newest records of a topic again, as a producer does that missed an acknowledgement.
   *
   * When the topic holds fewer, the next records are appended twice until the count is reached.
   *
   * @param target - a topic, or the contract whose topic is meant.
   * @returns where the repeats are that were appended now.
   */
  duplicate(target: string | { readonly topic: string }, count: number): readonly RecordPosition[] {
    const topic = typeof target === 'string' ? target : target.topic;
    const log = this.broker.topic(topic);
    const again = log.newest(count).map((record) => this.broker.append(topic, record));
    if (again.length < count) this.pendingDuplicates.set(topic, count - again.length);
    return again;
  }

  /** Lets the next commits of any member fail without an effect. */
  failNextCommits(count: number): void {
    this.commitsToFail = count;
  }

  /** Takes the next produce requests into the log and never acknowledges them. */
  loseAcks(count: number): void {
    this.acksToLose = count;
  }

  /**
   * Ends the session of a member: the group goes on without it, then the member hears of it and
   * joins again.
   *
   * @param options.index - which member, in the order of joining; default 0.
   * @param options.noticeAfterMs - how long it goes on working without knowing; unit ms; default 0.
   */
  loseMember(groupId: string, options: { index?: number; noticeAfterMs?: number } = {}): void {
    const group = this.broker.group(groupId);
    const memberId = group.memberIds[options.index ?? 0];
    const { noticeAfterMs = 0 } = options;
    if (memberId !== undefined) group.expel(memberId, { noticeAfterMs });
  }

  /**
   * Spoils the bytes of a range: one record that stands for it comes in its place.
   *
   * @param count - how long the range is; default 1; unit records.
   */
  undecodable(topic: string, partition: number, first: Offset, count = 1): void {
    this.broker.topic(topic).partition(partition).spoil(first, count);
  }

  /** @returns true when this commit is to fail. */
  takeCommitFailure(): boolean {
    if (this.commitsToFail === 0) return false;
    this.commitsToFail -= 1;
    return true;
  }

  /** @returns true when the acknowledgement of this request is to be lost. */
  takeAckLoss(): boolean {
    if (this.acksToLose === 0) return false;
    this.acksToLose -= 1;
    return true;
  }

  /** @returns true when the record that was just appended is to be appended again. */
  takeDuplicate(topic: string): boolean {
    const left = this.pendingDuplicates.get(topic) ?? 0;
    if (left === 0) return false;
    this.pendingDuplicates.set(topic, left - 1);
    return true;
  }
}
