import { Logger } from '@nestjs/common';
import { exponential, sleep } from 'millrace/retry';
import type { Clock, Random } from 'millrace/retry';
import type {
  Assignment,
  BatchControl,
  BatchHandler,
  ConsumerPort,
  FetchedBatch,
} from '../ports/driver';
import type { Offset, TopicPartition } from '../ports/record';
import type { OffsetStore } from '../ports/offset-store';
import { WrappedConsumer } from '../ports/wrapped.consumer';
import type { BatchAnswer, Commits } from '../ports/wrapped.consumer';
import { OffsetsFencedError } from './offsets.errors';

export interface StoredPositionParts {
  readonly consumer: ConsumerPort;
  readonly store: OffsetStore;
  readonly groupId: string;
  /** Topics whose positions are stored; of the others the group's commits count. */
  readonly topics: ReadonlySet<string>;
  readonly clock: Clock;
  readonly random: Random;
}

/** The positions of one assignment. */
interface Claim {
  readonly epoch: number;
  /** null = the assignment is over. */
  readonly positions: Promise<ReadonlyMap<string, Offset> | null>;
  /** Partitions that have begun where they should. */
  readonly placed: Set<string>;
  readonly abort: AbortController;
}

const BACKOFF = exponential({ initialMs: 200, maxMs: 5_000 });
const keyOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;

/**
 * Reads from the positions that are stored beside the data, in place of the group's commits.
 *
 * Promises: no record is handed over before the partition is claimed and read from its stored
 * position; a commit moves the stored position first, and is then made as well, for those who look at
 * lag; a process whose partition was claimed by another one joins the group anew.
 */
export class StoredPositionConsumer extends WrappedConsumer {
  private readonly logger = new Logger('Offsets');
  private claim: Claim | null = null;
  private fencedEpoch = -1;

  constructor(private readonly parts: StoredPositionParts) {
    const { consumer, store, groupId } = parts;
    super(consumer);
    // Before the listeners of others: a record must find the claim under way.
    consumer.on('joined', (assignment) => this.begin(assignment));
    store.onLost(groupId, () => this.onLost());
  }

  override async commit(offsets: Commits, epoch: number): Promise<'committed' | 'stale'> {
    const { store, groupId, topics } = this.parts;
    const stored = offsets.filter(({ topic }) => topics.has(topic));
    if (stored.length > 0) {
      if (this.claim?.epoch !== epoch || (await this.claim.positions) === null) return 'stale';
      if ((await store.advance(groupId, stored)) === 'lost') return 'stale';
    }
    return super.commit(offsets, epoch);
  }

  override stop(options: { readonly deadlineMs: number }): Promise<'clean' | 'forced'> {
    this.claim?.abort.abort();
    return super.stop(options);
  }

  private begin({ epoch, partitions }: Assignment): void {
    this.claim?.abort.abort();
    const abort = new AbortController();
    const stored = partitions.filter(({ topic }) => this.parts.topics.has(topic));
    const positions = this.positionsOf(stored, abort.signal);
    this.claim = { epoch, positions, placed: new Set(), abort };
  }

  /** @returns null when the assignment ended first; never rejects. */
  private async positionsOf(
    partitions: readonly TopicPartition[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Offset> | null> {
    const { store, groupId, consumer, clock, random } = this.parts;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        const claimed = await store.claim(groupId, partitions);
        if (signal.aborted) return null;
        const positions = new Map<string, Offset>();
        for (const { topic, partition, next } of claimed) {
          if (next === null) continue;
          positions.set(keyOf({ topic, partition }), next);
          // Also a partition that has nothing to fetch where its commit is.
          consumer.seek({ topic, partition, offset: next });
        }
        return positions;
      } catch (error) {
        if (attempt === 1) this.sayWaiting(error);
        await sleep(clock, BACKOFF.delayMs(attempt, random), signal).catch(() => undefined);
      }
    }
    return null;
  }

  protected async take(
    batch: FetchedBatch,
    control: BatchControl,
    handler: BatchHandler,
  ): Promise<BatchAnswer> {
    const key = keyOf(batch);
    const { claim } = this;
    if (!this.parts.topics.has(batch.topic)) return handler(batch, control);
    if (claim === null || claim.epoch !== control.epoch) return { resume: null };
    if (claim.placed.has(key)) return handler(batch, control);
    const positions = await claim.positions;
    if (positions === null || control.signal.aborted) return { resume: null };
    claim.placed.add(key);
    const next = positions.get(key);
    if (next === undefined || batch.records[0]?.offset === next) return handler(batch, control);
    // Also backwards: what was fetched at the commit of the group is fetched again from there.
    return { resume: next };
  }

  private onLost(): void {
    const { epoch } = this.assignment();
    if (this.fencedEpoch === epoch) return;
    this.fencedEpoch = epoch;
    const { groupId, consumer } = this.parts;
    this.logger.warn(
      { event: 'offsets.fenced', group: groupId },
      `another process has claimed partitions of group ${groupId}: this one joins anew`,
    );
    consumer.rebuild(new OffsetsFencedError({ where: groupId }));
  }

  private sayWaiting(error: unknown): void {
    const { groupId } = this.parts;
    const reason = error instanceof Error ? error.message : String(error);
    this.logger.warn(
      { event: 'offsets.waiting', group: groupId, error: reason },
      `group ${groupId} waits for its stored positions: ${reason}`,
    );
  }
}
