import { BSON, MongoBulkWriteError } from 'mongodb';
import type { BulkCounts } from './bulk-outcome';
import type { BulkOperation, SinkCollection } from './mongo-collection';

/** A write error as a server answers it; the driver keeps these fields only. */
export interface ScriptedFault {
  readonly code: number;
  readonly errmsg?: string;
  readonly errInfo?: unknown;
  readonly keyPattern?: unknown;
}

type Answer = (operations: readonly BulkOperation[]) => BulkCounts;
type Stored = Record<string, unknown>;

const COMPLETE: BulkCounts = { insertedCount: 0, matchedCount: 0, upsertedCount: 0 };
const NO_CONCERN_ERROR = { getWriteConcernError: () => undefined };

/** Test code: a collection in memory that answers as the driver does, or as the test scripts it. */
export class ScriptedCollection implements SinkCollection {
  readonly documents = new Map<string, Stored>();
  /** Ids of the operations of each call, in order. */
  readonly calls: string[][] = [];
  finds = 0;
  /** Read concern of the last question. */
  level: string | undefined;
  private readonly answers: Answer[] = [];
  private readonly faults = new Map<string, ScriptedFault>();

  /** The next call answers so; called without an answer left, the collection behaves. */
  next(...answers: Answer[]): this {
    this.answers.push(...answers);
    return this;
  }

  /** Operations of this id always fail so. */
  fail(id: string, fault: ScriptedFault): this {
    this.faults.set(id, fault);
    return this;
  }

  // Asynchronous as the driver: what it throws before it sends is a rejection too.
  async bulkWrite(operations: readonly BulkOperation[]): Promise<BulkCounts> {
    await Promise.resolve();
    this.calls.push(operations.map(idOf));
    for (const operation of operations) BSON.serialize(operation);
    const answer = this.answers.shift();
    return answer === undefined ? this.apply(operations) : answer(operations);
  }

  find(
    filter: { readonly _id: { readonly $in: readonly string[] } },
    options: { readonly readConcern: { readonly level: string } },
  ): { toArray(): Promise<readonly Stored[]> } {
    this.finds += 1;
    this.level = options.readConcern.level;
    const found = filter._id.$in.flatMap((id): Stored[] => {
      const document = this.documents.get(id);
      return document === undefined ? [] : [document];
    });
    return { toArray: () => Promise.resolve(found) };
  }

  /** What a server without faults does with a bulk. */
  readonly apply = (operations: readonly BulkOperation[]): BulkCounts => {
    const counts = { insertedCount: 0, matchedCount: 0, upsertedCount: 0 };
    const faults: Array<ScriptedFault & { readonly index: number }> = [];
    operations.forEach((operation, index) => {
      const id = idOf(operation);
      const fault = this.faults.get(id) ?? this.write(operation, id, counts);
      if (fault !== undefined) faults.push({ ...fault, index });
    });
    if (faults.length > 0) throw bulkError(faults, counts);
    return counts;
  };

  private write(
    operation: BulkOperation,
    id: string,
    counts: Record<keyof BulkCounts, number>,
  ): ScriptedFault | undefined {
    const stored = this.documents.get(id);
    if ('insertOne' in operation) {
      if (stored !== undefined) return idTaken(id);
      this.documents.set(id, operation.insertOne.document);
      counts.insertedCount += 1;
      return undefined;
    }
    counts[stored === undefined ? 'upsertedCount' : 'matchedCount'] += 1;
    if ('updateOne' in operation) {
      this.documents.set(id, changed(stored ?? { _id: id }, operation.updateOne.update));
      return undefined;
    }
    const { replacement, filter } = operation.replaceOne;
    const { $lt } = filter['_v'] as { readonly $lt?: number };
    const version = stored?.['_v'] as number;
    const matches = $lt === undefined ? version === undefined : version < $lt;
    if (stored !== undefined && !matches) {
      counts.matchedCount -= 1;
      return idTaken(id);
    }
    this.documents.set(id, replacement);
    return undefined;
  }
}

/** A duplicate of `_id`, in the words of MongoDB 4.4 and later. */
export function idTaken(id: string): ScriptedFault {
  return {
    code: 11000,
    errmsg: `E11000 duplicate key error collection: db.prices index: _id_ dup key: { _id: "${id}" }`,
  };
}

/** What the driver throws when operations failed. */
export function bulkError(
  faults: ReadonlyArray<ScriptedFault & { readonly index: number }>,
  counts: Partial<BulkCounts> = {},
): Error {
  const [first] = faults;
  const { code = 0, errmsg: message = 'write failed' } = first ?? {};
  return new MongoBulkWriteError({ message, code, writeErrors: faults as never }, {
    ...COMPLETE,
    ...counts,
    ...NO_CONCERN_ERROR,
  } as never);
}

/** What the driver throws for a write concern error; it may come beside write errors. */
export function writeConcernError(
  code: number,
  faults: ReadonlyArray<ScriptedFault & { readonly index: number }> = [],
): Error {
  return new MongoBulkWriteError({ message: 'waiting', code, writeErrors: faults as never }, {
    ...COMPLETE,
    getWriteConcernError: () => ({ code, errmsg: 'waiting' }),
  } as never);
}

/** What the driver throws when a call failed as a whole: it wraps the error. */
export function callFailure(error: Error): Error {
  return new MongoBulkWriteError(error, { ...COMPLETE, ...NO_CONCERN_ERROR } as never);
}

function idOf(operation: BulkOperation): string {
  if ('insertOne' in operation) return String(operation.insertOne.document['_id']);
  const { filter } = 'updateOne' in operation ? operation.updateOne : operation.replaceOne;
  return String(filter['_id']);
}

function changed(stored: Stored, update: Record<string, unknown>): Stored {
  const document = { ...stored };
  for (const [operator, fields] of Object.entries(update)) {
    for (const [path, value] of Object.entries(fields as Stored)) {
      const known = document[path] as number | undefined;
      const isBetter =
        known === undefined ||
        operator === '$set' ||
        (operator === '$min' && (value as number) < known) ||
        (operator === '$max' && (value as number) > known);
      if (isBetter) document[path] = value;
    }
  }
  return document;
}
