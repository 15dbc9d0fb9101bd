import type { MillraceError } from 'millrace/errors';
import type { Clock } from 'millrace/retry';
import type { Collection } from 'mongodb';
import { within } from '../deadline';
import type { MongoConnection } from '../mongo.connection';
import type { IndexSpec } from '../mongo.indexes';
import { callError } from '../mongo.translation';
import { OUTBOX_COLLECTION, OUTBOX_STATE_COLLECTION, bytesOf } from './outbox.document';
import type { OutboxDocument } from './outbox.document';
import { KEY_ORDER_TTL_S } from './outbox.order';
import type { OutboxSettings } from './outbox.options';

/** What lies in the outbox. */
export interface OutboxCounts {
  readonly pending: number;
  readonly refused: number;
  /** null = nothing is pending. */
  readonly oldestAt: Date | null;
}

export interface OutboxStoreParts {
  readonly connection: Pick<MongoConnection, 'collection'>;
  readonly settings: Pick<OutboxSettings, 'batchBytes' | 'batchRecords'>;
  readonly clock: Clock;
}

/** Longest wait for one answer; unit ms. */
const CALL_TIMEOUT_MS = 10_000;
/** Beyond it the number says enough. */
const MAX_COUNTED = 100_000;
/** What another process may still lose is not for Kafka: only a majority counts. */
const MAJORITY = { readPreference: 'primary', readConcern: { level: 'majority' } } as const;

/** The indexes of the outbox, by collection. */
export function outboxIndexes(refusedTtlMs: number): ReadonlyMap<string, readonly IndexSpec[]> {
  const refusedTtl = { expireAfterSeconds: Math.ceil(refusedTtlMs / 1_000), sparse: true };
  return new Map<string, readonly IndexSpec[]>([
    [
      OUTBOX_COLLECTION,
      [{ keys: { state: 1, order: 1, _id: 1 } }, { keys: { refusedAt: 1 }, ...refusedTtl }],
    ],
    [OUTBOX_STATE_COLLECTION, [{ keys: { usedAt: 1 }, expireAfterSeconds: KEY_ORDER_TTL_S }]],
  ]);
}

/**
 * Reads and settles what the outbox holds.
 *
 * There is no position up to which the outbox has been read: what is pending is there, what is done
 * is gone. A transaction that commits late is found whatever its order is.
 *
 * @throws {MillraceError} infrastructure or fatal, as writes of sinks do.
 */
export class OutboxStore {
  constructor(private readonly parts: OutboxStoreParts) {}

  /** The next events, those of a key in their order, as many as one hand-over takes. */
  async pending(): Promise<readonly OutboxDocument[]> {
    const { batchRecords, batchBytes } = this.parts.settings;
    return this.call(async (collection) => {
      const batch: OutboxDocument[] = [];
      let bytes = 0;
      const cursor = collection
        .find({ state: 'pending' }, MAJORITY)
        .sort({ order: 1, _id: 1 })
        .limit(batchRecords)
        .batchSize(100);
      try {
        for await (const document of cursor) {
          bytes += bytesOf(document);
          if (batch.length > 0 && bytes > batchBytes) break;
          batch.push(document);
        }
      } finally {
        await cursor.close();
      }
      return batch;
    });
  }

  /** Forgets events that Kafka has acknowledged. */
  async published(documents: readonly OutboxDocument[]): Promise<void> {
    if (documents.length === 0) return;
    const _id = { $in: documents.map((document) => document._id) };
    await this.call((collection) => collection.deleteMany({ _id }));
  }

  /** Sets an event aside that Kafka will never take, with the reason. */
  async refused({ _id }: OutboxDocument, { code, message }: MillraceError): Promise<void> {
    const refusedAt = new Date(this.parts.clock.now());
    const change = { $set: { state: 'refused' as const, refusedAt, error: { code, message } } };
    await this.call((collection) => collection.updateOne({ _id, state: 'pending' }, change));
  }

  async counts(): Promise<OutboxCounts> {
    return this.call(async (collection) => {
      const limit = { limit: MAX_COUNTED, readPreference: 'primary' } as const;
      const pending = await collection.countDocuments({ state: 'pending' }, limit);
      const refused = await collection.countDocuments({ state: 'refused' }, limit);
      const oldest = await collection
        .find({ state: 'pending' }, { ...MAJORITY, projection: { createdAt: 1 } })
        .sort({ order: 1, _id: 1 })
        .limit(1)
        .next();
      return { pending, refused, oldestAt: oldest?.createdAt ?? null };
    });
  }

  private async call<T>(act: (collection: Collection<OutboxDocument>) => Promise<T>): Promise<T> {
    const { clock, connection } = this.parts;
    try {
      return await within({ clock, deadlineMs: CALL_TIMEOUT_MS }, () =>
        act(connection.collection<OutboxDocument>(OUTBOX_COLLECTION)),
      );
    } catch (thrown) {
      throw callError(thrown);
    }
  }
}
