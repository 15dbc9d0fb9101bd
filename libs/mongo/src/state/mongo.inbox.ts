import type { InboxPort } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { ID_TAKEN } from '../bulk-outcome';
import { BulkWriter, MAX_BULK_OPERATIONS } from '../bulk-writer';
import type { BulkWriterOptions, WriteBound } from '../bulk-writer';
import type { SinkCollection } from '../mongo-collection';
import type { MongoConnection } from '../mongo.connection';
import type { IndexSpec } from '../mongo.indexes';
import { MONGO } from '../sliced.sink';
import { CollectionVersionReader } from '../version-reader';

/** Holds one document per group and event that a handler has dealt with. */
export const INBOX_COLLECTION = 'pipeline_inbox';
/** Date by which MongoDB forgets. */
const REMEMBERED_AT = 'rememberedAt';

export interface MongoInboxOptions {
  /** Longest wait for one answer; unit ms. */
  readonly writeTimeoutMs: number;
}

/** The index by which MongoDB forgets. @param ttlMs - how long an event is known; unit ms. */
export function inboxIndex(ttlMs: number): IndexSpec {
  return { keys: { [REMEMBERED_AT]: 1 }, expireAfterSeconds: Math.ceil(ttlMs / 1_000) };
}

/**
 * Remembers dealt-with events in the collection `pipeline_inbox`, `_id` is `<group>/<event id>`.
 *
 * Promises: what `remember` resolved for is acknowledged by a majority and is found by every process;
 * a document of another group never counts; MongoDB forgets after `MONGO_INBOX_TTL_MS`.
 *
 * @throws {MillraceError} infrastructure or fatal, as writes of sinks do.
 */
export class MongoInbox implements InboxPort {
  readonly name = MONGO;
  private readonly bulks: BulkWriter;
  private readonly reader: CollectionVersionReader;

  constructor(
    connection: Pick<MongoConnection, 'collection'>,
    { writeTimeoutMs }: MongoInboxOptions,
    private readonly clock: Clock,
  ) {
    const collection = () => connection.collection(INBOX_COLLECTION) as unknown as SinkCollection;
    const options: BulkWriterOptions = { collection, clock, writeTimeoutMs };
    this.bulks = new BulkWriter(options);
    this.reader = new CollectionVersionReader(options, '_id');
  }

  async known(
    groupId: string,
    eventIds: readonly string[],
    options: { readonly signal: AbortSignal; readonly deadlineMs: number },
  ): Promise<ReadonlySet<string>> {
    const bound = this.boundOf(options);
    const known = new Set<string>();
    for (const slice of slicesOf(eventIds)) {
      const found = await this.reader.read(
        slice.map((eventId) => idOf(groupId, eventId)),
        bound,
      );
      for (const eventId of slice) if (found.has(idOf(groupId, eventId))) known.add(eventId);
    }
    return known;
  }

  async remember(
    groupId: string,
    eventIds: readonly string[],
    options: { readonly signal: AbortSignal; readonly deadlineMs: number },
  ): Promise<void> {
    const bound = this.boundOf(options);
    const rememberedAt = new Date(this.clock.now());
    for (const slice of slicesOf(eventIds)) {
      const documents = slice.map((id) => ({
        _id: idOf(groupId, id),
        [REMEMBERED_AT]: rememberedAt,
      }));
      const faults = await this.bulks.write(
        documents.map((document) => ({ insertOne: { document } })),
        bound,
      );
      for (const fault of faults.values()) if (fault !== ID_TAKEN) throw fault;
    }
  }

  private boundOf(options: {
    readonly signal: AbortSignal;
    readonly deadlineMs: number;
  }): WriteBound {
    return { signal: options.signal, endsAtMs: this.clock.monotonicMs() + options.deadlineMs };
  }
}

const idOf = (groupId: string, eventId: string) => `${groupId}/${eventId}`;

function* slicesOf(ids: readonly string[]): Iterable<readonly string[]> {
  for (let from = 0; from < ids.length; from += MAX_BULK_OPERATIONS) {
    yield ids.slice(from, from + MAX_BULK_OPERATIONS);
  }
}
