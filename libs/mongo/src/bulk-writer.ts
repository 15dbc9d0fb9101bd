import { MillraceError } from 'millrace/errors';
import type { Clock } from 'millrace/retry';
import { NO_FAULTS, missingOf, originalOf, readBulkError } from './bulk-outcome';
import type { BulkFaults, OperationFault } from './bulk-outcome';
import type { CallBound } from './deadline';
import { within } from './deadline';
import { callError, isPermanentForCall, operationError } from './mongo.translation';
import type { MongoAnswer } from './mongo.translation';
import type { BulkOperation, SinkCollection } from './mongo-collection';
import {
  canSerialise,
  isError,
  isSerialisationError,
  mayBeSerialisationError,
  serialisationError,
} from './serialisation';

/** Most operations of one bulk; beyond 500 the gain is below 10 %. */
export const MAX_BULK_OPERATIONS = 1_000;

/** How long a write may go on. */
export interface WriteBound {
  readonly signal: AbortSignal;
  /** On the monotonic clock; unit ms. */
  readonly endsAtMs: number;
}

export interface BulkWriterOptions {
  /** Asked once per bulk, so that the client behind it may be swapped. */
  readonly collection: () => SinkCollection;
  readonly clock: Clock;
  /** Longest wait for one bulk; unit ms. */
  readonly writeTimeoutMs: number;
  /** Unique indexes besides `_id` that hold the identity of a document. Default: none. */
  readonly idIndexes?: ReadonlySet<string>;
}

const NO_INDEXES: ReadonlySet<string> = new Set();

/**
 * Sends unordered bulks and says what became of each operation.
 *
 * Promise: an operation without a fault is applied and acknowledged by a majority. When nothing is
 * known about single operations the call rejects with a coded error, and any of them may have been
 * applied: send them again, they are idempotent.
 */
export class BulkWriter {
  constructor(private readonly options: BulkWriterOptions) {}

  /**
   * Writes operations in one bulk; a document that spoils the whole bulk is isolated by halving.
   *
   * @param operations - at most {@link MAX_BULK_OPERATIONS}; no two of one identity when they upsert.
   * @throws {MillraceError} infrastructure or fatal: nothing is known about any operation.
   */
  async write(operations: readonly BulkOperation[], bound: WriteBound): Promise<BulkFaults> {
    if (operations.length === 0) return NO_FAULTS;
    return this.send(operations, bound);
  }

  private async send(operations: readonly BulkOperation[], bound: WriteBound): Promise<BulkFaults> {
    const { collection, idIndexes = NO_INDEXES } = this.options;
    try {
      const counts = await within(callBound(this.options, bound), () =>
        collection().bulkWrite(operations, { ordered: false }),
      );
      const missing = missingOf(counts, NO_FAULTS, operations.length);
      if (missing !== null) throw missing;
      return NO_FAULTS;
    } catch (thrown) {
      bound.signal.throwIfAborted();
      if (thrown instanceof MillraceError) throw thrown;
      const read = readBulkError(thrown, operations.length, idIndexes);
      if (read instanceof MillraceError) throw read;
      return read ?? this.narrow(operations, originalOf(thrown), bound);
    }
  }

  /** Finds the operation that made a whole call fail, when one of them can be the reason. */
  private async narrow(
    operations: readonly BulkOperation[],
    thrown: unknown,
    bound: WriteBound,
  ): Promise<BulkFaults> {
    if (!mayBeSerialisationError(thrown) && !isPermanentForCall(thrown)) throw callError(thrown);
    if (operations.length > 1) return this.halve(operations, bound);
    return new Map([[0, faultOfOnly(operations[0], thrown)]]);
  }

  private async halve(
    operations: readonly BulkOperation[],
    bound: WriteBound,
  ): Promise<BulkFaults> {
    const middle = Math.ceil(operations.length / 2);
    const faults = new Map<number, OperationFault>();
    const first = await this.send(operations.slice(0, middle), bound);
    for (const [index, fault] of first) faults.set(index, fault);
    const second = await this.send(operations.slice(middle), bound);
    for (const [index, fault] of second) faults.set(middle + index, fault);
    return faults;
  }
}

/** The bound of one call of a write: never longer than what is left of the whole. */
export function callBound(
  { clock, writeTimeoutMs }: Pick<BulkWriterOptions, 'clock' | 'writeTimeoutMs'>,
  { signal, endsAtMs }: WriteBound,
): CallBound {
  const leftMs = endsAtMs - clock.monotonicMs();
  return { clock, signal, deadlineMs: Math.max(1, Math.min(writeTimeoutMs, leftMs)) };
}

/** @throws the error of the call when the document is not to blame after all. */
function faultOfOnly(operation: BulkOperation | undefined, thrown: unknown): OperationFault {
  if (isPermanentForCall(thrown)) return operationError(thrown as MongoAnswer, thrown);
  const isProven =
    isSerialisationError(thrown) || (operation !== undefined && !canSerialise(operation));
  if (isProven && isError(thrown)) return serialisationError(thrown);
  throw callError(thrown);
}
