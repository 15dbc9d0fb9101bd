import { createHash } from 'node:crypto';
import type {
  Audit,
  Job,
  JobCreation,
  JobKind,
  JobOrder,
  JobState,
  JobStore,
  SaveAnswer,
} from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import type { Collection, Filter } from 'mongodb';
import { within } from '../deadline';
import type { MongoConnection } from '../mongo.connection';
import { callError } from '../mongo.translation';

/** Holds one document per redrive and replay. */
export const JOBS_COLLECTION = 'pipeline_jobs';
const DEFAULT_LIMIT = 100;
const DUPLICATE_KEY = 11000;
const CURRENT = { readPreference: 'primary', readConcern: { level: 'majority' } } as const;

export interface MongoJobStoreOptions {
  /** Longest wait for one answer; unit ms. */
  readonly writeTimeoutMs: number;
}

/** Spec and progress are text: names in them are no names of fields. */
interface JobDocument extends Omit<Job, 'id' | 'spec' | 'progress'> {
  readonly _id: string;
  /** Unique: that of its kind and selection while the job is active, its own afterwards. */
  readonly slot: string;
  readonly spec: string;
  readonly progress: string;
}

/**
 * Keeps jobs in the collection `pipeline_jobs`, one document each.
 *
 * Promises: a change is acknowledged by a majority, a read sees only what a majority has; a unique
 * index refuses a second active job of a selection, whoever races; who owns a job is decided by one
 * document change. Times are those of the clock of the process, never of the server.
 *
 * @throws {MillraceError} infrastructure or fatal, as writes of sinks do.
 */
export class MongoJobStore implements JobStore {
  private indexed: Promise<unknown> | null = null;

  constructor(
    private readonly connection: Pick<MongoConnection, 'collection'>,
    private readonly options: MongoJobStoreOptions,
    private readonly clock: Clock,
  ) {}

  async create(order: JobOrder): Promise<JobCreation> {
    const document = newDocument(order, this.after(0));
    return this.call(async (collection) => {
      await this.ensureIndex(collection);
      for (;;) {
        try {
          await collection.insertOne(document);
          return { status: 'created', job: jobOf(document) };
        } catch (error) {
          if (codeOf(error) !== DUPLICATE_KEY) throw error;
          const other = await collection.findOne({ slot: document.slot }, CURRENT);
          // A write that was repeated after a lost answer meets itself.
          if (other?._id === document._id) return { status: 'created', job: jobOf(document) };
          if (other !== null) return { status: 'duplicate', jobId: other._id };
          // It ended in this moment: the slot is free now.
        }
      }
    });
  }

  async claim(
    kinds: readonly JobKind[],
    owner: string,
    leaseMs: number,
    id?: string,
  ): Promise<Job | null> {
    const now = this.after(0);
    const filter: Filter<JobDocument> = {
      kind: { $in: [...kinds] },
      ...(id === undefined ? {} : { _id: id }),
      $or: unowned(now),
    };
    const change = {
      $set: {
        state: 'running' as const,
        owner,
        leaseUntil: this.after(leaseMs),
        updatedAt: now,
      },
      $inc: { fence: 1 },
    };
    const found = await this.call((collection) =>
      collection.findOneAndUpdate(filter, change, {
        sort: { createdAt: 1, _id: 1 },
        returnDocument: 'after',
      }),
    );
    return found === null ? null : jobOf(found);
  }

  async save(
    id: string,
    fence: number,
    { progress, leaseMs }: { readonly progress: unknown; readonly leaseMs: number },
  ): Promise<SaveAnswer> {
    const changed = await this.change(owned(id, fence), {
      progress: textOf(progress),
      leaseUntil: this.after(leaseMs),
    });
    if (changed === null) return 'lost';
    return changed.cancelRequested ? 'cancel-requested' : 'saved';
  }

  async release(id: string, fence: number, progress: unknown): Promise<boolean> {
    const changed = await this.change(owned(id, fence), {
      state: 'waiting',
      progress: textOf(progress),
      owner: null,
      leaseUntil: null,
    });
    return changed !== null;
  }

  async finish(
    id: string,
    fence: number,
    state: 'done' | 'cancelled' | 'failed',
    progress: unknown,
    error?: { readonly code: string; readonly message: string },
  ): Promise<boolean> {
    const changed = await this.change(owned(id, fence), {
      ...ended(id, state),
      progress: textOf(progress),
      ...(error === undefined ? {} : { error }),
    });
    return changed !== null;
  }

  async cancel(id: string, audit: Audit): Promise<boolean> {
    const wanted = { cancelRequested: true, cancelledBy: audit };
    const free = await this.change(
      { _id: id, $or: unowned(this.after(0)) },
      { ...wanted, ...ended(id, 'cancelled') },
    );
    if (free !== null) return true;
    return (await this.change({ _id: id, state: 'running' }, wanted)) !== null;
  }

  async get(id: string): Promise<Job | null> {
    const found = await this.call((collection) => collection.findOne({ _id: id }, CURRENT));
    return found === null ? null : jobOf(found);
  }

  async list({
    kind,
    state,
    limit = DEFAULT_LIMIT,
  }: { readonly kind?: JobKind; readonly state?: JobState; readonly limit?: number } = {}): Promise<
    readonly Job[]
  > {
    const filter: Filter<JobDocument> = {
      ...(kind === undefined ? {} : { kind }),
      ...(state === undefined ? {} : { state }),
    };
    const found = await this.call((collection) =>
      collection.find(filter, CURRENT).sort({ createdAt: -1, _id: -1 }).limit(limit).toArray(),
    );
    return found.map(jobOf);
  }

  private change(
    filter: Filter<JobDocument>,
    change: Partial<Omit<JobDocument, '_id'>>,
  ): Promise<JobDocument | null> {
    return this.call((collection) =>
      collection.findOneAndUpdate(
        filter,
        { $set: { ...change, updatedAt: this.after(0) } },
        { returnDocument: 'after' },
      ),
    );
  }

  /** Before the first job: without the index nothing would refuse a second one. */
  private async ensureIndex(collection: Collection<JobDocument>): Promise<void> {
    this.indexed ??= collection.createIndex({ slot: 1 }, { unique: true });
    try {
      await this.indexed;
    } catch (error) {
      this.indexed = null;
      throw error;
    }
  }

  private after(ms: number): Date {
    return new Date(this.clock.now() + ms);
  }

  private async call<T>(act: (collection: Collection<JobDocument>) => Promise<T>): Promise<T> {
    const { clock, connection, options } = this;
    try {
      return await within({ clock, deadlineMs: options.writeTimeoutMs }, () =>
        act(connection.collection<JobDocument>(JOBS_COLLECTION)),
      );
    } catch (error) {
      throw callError(error);
    }
  }
}

function newDocument({ id, spec, progress, ...order }: JobOrder, at: Date): JobDocument {
  return {
    _id: id,
    ...order,
    slot: slotOf(order),
    spec: textOf(spec),
    progress: textOf(progress),
    state: 'waiting',
    owner: null,
    leaseUntil: null,
    fence: 0,
    cancelRequested: false,
    cancelledBy: null,
    createdAt: at,
    updatedAt: at,
  };
}

/** A digest: selections may be longer than keys of an index. */
function slotOf({ kind, selection }: Pick<JobOrder, 'kind' | 'selection'>): string {
  return `${kind} ${createHash('sha256').update(selection).digest('hex')}`;
}

function ended(id: string, state: 'done' | 'cancelled' | 'failed') {
  return { state, slot: `over ${id}`, owner: null, leaseUntil: null };
}

const owned = (id: string, fence: number): Filter<JobDocument> => {
  return { _id: id, state: 'running', fence };
};

function unowned(now: Date): Array<Filter<JobDocument>> {
  return [{ state: 'waiting' }, { state: 'running', leaseUntil: { $lte: now } }];
}

function jobOf(document: JobDocument): Job {
  const { _id, slot: _, spec, progress, ...rest } = document;
  return { ...rest, id: _id, spec: JSON.parse(spec), progress: JSON.parse(progress) };
}

const textOf = (value: unknown) => JSON.stringify(value ?? null);
const codeOf = (error: unknown) => (error as { readonly code?: unknown }).code;
