import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Offset, OffsetStore, StoredPosition, TopicPartition } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { Long } from 'mongodb';
import type { Binary, ClientSession, Collection } from 'mongodb';
import { within } from '../deadline';
import type { MongoConnection } from '../mongo.connection';
import { callError } from '../mongo.translation';

/** Holds one document per group, topic and partition: where the group goes on. */
export const OFFSETS_COLLECTION = 'pipeline_offsets';
const DUPLICATE_KEY = 11000;

/** A position, as it is stored. */
export interface OffsetDocument {
  readonly _id: string;
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
  /** Absent until something was stored. */
  readonly next?: Long | number;
  /** Rises with every claim: only the last one moves the position. */
  readonly fence: number;
  /** For people: which process has the claim. */
  readonly owner: string;
  /** Session of its transactions; who claims ends what is still open in it. */
  readonly session: Binary;
  readonly claimedAt: Date;
}

/** A partition that this process may move. */
export interface OffsetClaim {
  readonly _id: string;
  readonly fence: number;
  /** Of all transactions on this partition, one at a time. */
  readonly session: ClientSession;
}

export interface MongoOffsetStoreParts {
  readonly connection: Pick<MongoConnection, 'collection' | 'killSession' | 'startSession'>;
  /** Longest wait for one answer; unit ms. */
  readonly writeTimeoutMs: number;
  readonly clock: Clock;
}

/**
 * Keeps positions in the collection `pipeline_offsets`, where the transactions of sinks move them.
 *
 * Promises: a claim ends the open transaction of the one before it, and what had been committed by then
 * is in its answer; after a claim no transaction of an earlier one commits: it misses its fence, or
 * meets the claim as a conflict.
 */
export class MongoOffsetStore implements OffsetStore {
  private readonly owner = `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;
  private readonly claims = new Map<string, OffsetClaim>();
  private readonly listeners = new Map<string, Set<() => void>>();

  constructor(private readonly parts: MongoOffsetStoreParts) {}

  async claim(
    groupId: string,
    partitions: readonly TopicPartition[],
  ): Promise<readonly StoredPosition[]> {
    return Promise.all(partitions.map((target) => this.claimOne(groupId, target)));
  }

  async advance(
    groupId: string,
    positions: ReadonlyArray<TopicPartition & { readonly next: Offset }>,
  ): Promise<'saved' | 'lost'> {
    const saved = await Promise.all(positions.map((one) => this.advanceOne(groupId, one)));
    if (saved.every(Boolean)) return 'saved';
    this.lost(groupId);
    return 'lost';
  }

  onLost(groupId: string, listener: () => void): () => void {
    const known = this.listeners.get(groupId) ?? new Set();
    this.listeners.set(groupId, known.add(listener));
    return () => known.delete(listener);
  }

  /** The claim of this process; undefined when it has none. */
  claimOf(groupId: string, target: TopicPartition): OffsetClaim | undefined {
    return this.claims.get(idOf(groupId, target));
  }

  /** Tells that a claim of a group turned out to be over. */
  lost(groupId: string): void {
    for (const listener of this.listeners.get(groupId) ?? []) listener();
  }

  /** The collection of positions. @param session - of a transaction on it. */
  of(session?: ClientSession): Collection<OffsetDocument> {
    return this.parts.connection.collection<OffsetDocument>(OFFSETS_COLLECTION, session);
  }

  /** Ends the sessions of all claims. */
  async close(): Promise<void> {
    const claims = [...this.claims.values()];
    this.claims.clear();
    await Promise.all(claims.map(({ session }) => session.endSession().catch(() => undefined)));
  }

  private async claimOne(groupId: string, target: TopicPartition): Promise<StoredPosition> {
    const _id = idOf(groupId, target);
    const session = this.parts.connection.startSession();
    const { topic, partition } = target;
    const found = await this.call(async () => {
      await this.endOpenTransaction(_id);
      return this.take(_id, { groupId, topic, partition }, session);
    });
    await this.claims.get(_id)?.session.endSession();
    this.claims.set(_id, { _id, fence: found.fence, session });
    return { topic, partition, next: offsetOf(found) };
  }

  /** A killed process leaves its transaction open, and the document locked, for up to a minute. */
  private async endOpenTransaction(_id: string): Promise<void> {
    const before = await this.of().findOne({ _id }, { projection: { session: 1 } });
    if (before === null) return;
    // Without the right to do so the claim waits until the server ends it.
    await this.parts.connection.killSession(before.session).catch(() => undefined);
  }

  private async take(
    _id: string,
    about: TopicPartition & { readonly groupId: string },
    session: ClientSession,
  ): Promise<OffsetDocument> {
    const id = session.id?.id;
    if (id === undefined) throw new Error('the session has no id');
    const claimedAt = new Date(this.parts.clock.now());
    const change = {
      $inc: { fence: 1 },
      $set: { ...about, owner: this.owner, session: id, claimedAt },
    };
    const options = { upsert: true, returnDocument: 'after' } as const;
    try {
      return await this.taken(this.of().findOneAndUpdate({ _id }, change, options));
    } catch (thrown) {
      // Two first claims met: the document is there now.
      if ((thrown as { readonly code?: unknown }).code !== DUPLICATE_KEY) throw thrown;
      return this.taken(this.of().findOneAndUpdate({ _id }, change, options));
    }
  }

  private async taken(answer: Promise<OffsetDocument | null>): Promise<OffsetDocument> {
    const found = await answer;
    if (found === null) throw new Error('a claim was not stored');
    return found;
  }

  /** @returns false when the claim is over. */
  private async advanceOne(
    groupId: string,
    { next, ...target }: TopicPartition & { readonly next: Offset },
  ): Promise<boolean> {
    const claim = this.claimOf(groupId, target);
    if (claim === undefined) return false;
    const { _id, fence } = claim;
    const { matchedCount } = await this.call(() =>
      this.of().updateOne({ _id, fence }, { $max: { next: longOf(next) } }),
    );
    return matchedCount === 1;
  }

  private async call<T>(act: () => Promise<T>): Promise<T> {
    const { clock, writeTimeoutMs } = this.parts;
    try {
      return await within({ clock, deadlineMs: writeTimeoutMs }, act);
    } catch (thrown) {
      throw callError(thrown);
    }
  }
}

/** Offsets are 64 bits wide. */
export const longOf = (offset: Offset): Long => Long.fromBigInt(offset);

/** @returns null when nothing is stored. */
export function offsetOf({ next }: Pick<OffsetDocument, 'next'>): Offset | null {
  return next === undefined ? null : BigInt(next.toString());
}

const idOf = (groupId: string, { topic, partition }: TopicPartition) =>
  JSON.stringify([groupId, topic, partition]);
