import type { Offset } from 'millrace/pipeline';
import type { BrokerFaults } from './broker/broker.faults';
import type { RecordPosition } from './broker/topic-log';
import type { MemorySink } from './memory.sink';
import type { Pace } from './pace';

export interface PipelineFaultsParts {
  readonly broker: BrokerFaults;
  readonly sinks: () => Iterable<MemorySink>;
  readonly pace: Pace;
}

/** Everything that a test can let go wrong around an app: its broker and all of its sinks. */
export class PipelineFaults {
  constructor(private readonly parts: PipelineFaultsParts) {}

  /** Makes members give up their partitions and join again. @param groupId - default: all groups. */
  async rebalance(groupId?: string): Promise<void> {
    await this.parts.pace.through(this.parts.broker.rebalance(groupId));
  }

  /** Rebalances with records in hand, again and again; see {@link BrokerFaults.rebalanceEvery}. */
  rebalanceEvery(
    records: number,
    options: { readonly groupId?: string; readonly times?: number } = {},
  ): () => void {
    return this.parts.broker.rebalanceEvery(records, options);
  }

  /** @param forMs - it comes back by itself after it; unit ms; default: never. */
  brokerDown(forMs?: number): void {
    this.parts.broker.brokerDown(forMs);
  }

  brokerUp(): void {
    this.parts.broker.brokerUp();
  }

  /** Appends the newest records of a topic again. @param target - a topic, or a contract. */
  duplicate(target: string | { readonly topic: string }, count: number): readonly RecordPosition[] {
    return this.parts.broker.duplicate(target, count);
  }

  /** Lets the next commits of any member fail without an effect. */
  failNextCommits(count: number): void {
    this.parts.broker.failNextCommits(count);
  }

  /** Takes the next produce requests into the log and never acknowledges them. */
  loseAcks(count: number): void {
    this.parts.broker.loseAcks(count);
  }

  /** Ends the session of a member of a group; see {@link BrokerFaults.loseMember}. */
  loseMember(groupId: string, options: { index?: number; noticeAfterMs?: number } = {}): void {
    this.parts.broker.loseMember(groupId, options);
  }

  /** Spoils a range of a partition; see {@link BrokerFaults.undecodable}. @param count - default 1. */
  undecodable(topic: string, partition: number, first: Offset, count = 1): void {
    this.parts.broker.undecodable(topic, partition, first, count);
  }

  /** Makes every write of every sink take so long; unit ms; 0 ends it. */
  slowSinks(delayMs: number): void {
    for (const sink of this.parts.sinks()) sink.slow(delayMs);
  }

  /** Switches every sink off. @param forMs - they come back by themselves; unit ms; default: never. */
  sinkDown(forMs?: number): void {
    for (const sink of this.parts.sinks()) sink.sinkDown(forMs);
  }

  /** Switches every sink on. */
  sinkUp(): void {
    for (const sink of this.parts.sinks()) sink.sinkUp();
  }
}
