import type { AuditEntry, AuditLog, AuditQuery } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { ObjectId } from 'mongodb';
import type { Collection, Filter } from 'mongodb';
import { within } from '../deadline';
import type { MongoConnection } from '../mongo.connection';
import { callError } from '../mongo.translation';

/** Holds one document per thing that an operator did. */
export const AUDIT_COLLECTION = 'pipeline_audit';
const DEFAULT_LIMIT = 100;
const DUPLICATE_KEY = 11000;

export interface MongoAuditLogOptions {
  /** Longest wait for one answer; unit ms. */
  readonly writeTimeoutMs: number;
}

/** JSON is kept as text: names in it are no names of fields. */
interface AuditDocument extends Omit<AuditEntry, 'id' | 'target' | 'detail' | 'result'> {
  readonly _id: string;
  /** Rises with every entry of a process: two may have one time. */
  readonly serial: ObjectId;
  readonly target: string;
  readonly detail?: string;
  readonly result?: string;
}

/**
 * Keeps who did what and why in the collection `pipeline_audit`; nothing is ever changed there.
 *
 * Promise: an entry is acknowledged by a majority, a read sees only what a majority has.
 *
 * @throws {MillraceError} infrastructure or fatal, as writes of sinks do.
 */
export class MongoAuditLog implements AuditLog {
  constructor(
    private readonly connection: Pick<MongoConnection, 'collection'>,
    private readonly options: MongoAuditLogOptions,
    private readonly clock: Clock,
  ) {}

  async append(entry: AuditEntry): Promise<void> {
    const document = documentOf(entry);
    await this.call(async (collection) => {
      try {
        await collection.insertOne(document);
      } catch (error) {
        // The entry is there: written before, or repeated after a lost answer.
        if ((error as { readonly code?: unknown }).code !== DUPLICATE_KEY) throw error;
      }
    });
  }

  async list({ since, until, action, jobId, limit = DEFAULT_LIMIT }: AuditQuery = {}): Promise<
    readonly AuditEntry[]
  > {
    const times = {
      ...(since === undefined ? {} : { $gte: since }),
      ...(until === undefined ? {} : { $lt: until }),
    };
    const filter: Filter<AuditDocument> = {
      ...(Object.keys(times).length === 0 ? {} : { at: times }),
      ...(action === undefined ? {} : { action }),
      ...(jobId === undefined ? {} : { jobId }),
    };
    const options = { readPreference: 'primary', readConcern: { level: 'majority' } } as const;
    const found = await this.call((collection) =>
      collection.find(filter, options).sort({ at: -1, serial: -1 }).limit(limit).toArray(),
    );
    return found.map(entryOf);
  }

  private async call<T>(act: (collection: Collection<AuditDocument>) => Promise<T>): Promise<T> {
    const { clock, connection, options } = this;
    try {
      return await within({ clock, deadlineMs: options.writeTimeoutMs }, () =>
        act(connection.collection<AuditDocument>(AUDIT_COLLECTION)),
      );
    } catch (error) {
      throw callError(error);
    }
  }
}

function documentOf({ id, target, detail, result, ...entry }: AuditEntry): AuditDocument {
  const serial = new ObjectId();
  return {
    _id: id === undefined ? serial.toHexString() : `given ${id}`,
    serial,
    ...entry,
    target: JSON.stringify(target ?? null),
    ...(detail === undefined ? {} : { detail: JSON.stringify(detail) }),
    ...(result === undefined ? {} : { result: JSON.stringify(result) }),
  };
}

function entryOf(document: AuditDocument): AuditEntry {
  const { _id, serial: _, target, detail, result, ...entry } = document;
  return {
    ...(_id.startsWith('given ') ? { id: _id.slice('given '.length) } : {}),
    ...entry,
    target: JSON.parse(target) as unknown,
    ...(detail === undefined ? {} : { detail: JSON.parse(detail) as unknown }),
    ...(result === undefined ? {} : { result: JSON.parse(result) as unknown }),
  };
}
