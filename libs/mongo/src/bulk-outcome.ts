import type { MillraceError } from 'millrace/errors';
import { duplicateKeyOf } from './duplicate-key';
import { operationError } from './mongo.translation';
import type { MongoAnswer } from './mongo.translation';
import { DUPLICATE_KEY_CODES, WRITE_CONCERN_FATAL_CODES } from './outcome-table';
import { MongoWriteConcernImpossibleError } from './mongo.errors';
import { isError } from './serialisation';
import { SinkNotDurableError, SinkUnavailableError } from './sink.errors';

/** Says of an operation: a document with this identity is there already. What that means depends on the mode. */
export const ID_TAKEN = 'id-taken';

/** What kept an operation of a bulk from being applied. */
export type OperationFault = typeof ID_TAKEN | MillraceError;

/** Faults by position in the bulk; what is not in it was applied and acknowledged. */
export type BulkFaults = ReadonlyMap<number, OperationFault>;

/** Everything was applied. */
export const NO_FAULTS: BulkFaults = new Map();

/** The part of a bulk result that accounts for its operations. */
export interface BulkCounts {
  readonly insertedCount: number;
  readonly matchedCount: number;
  readonly upsertedCount: number;
}

interface WriteErrorAnswer extends MongoAnswer {
  readonly index: number;
}

interface BulkErrorAnswer extends Partial<BulkCounts> {
  readonly writeErrors?: WriteErrorAnswer | readonly WriteErrorAnswer[];
  readonly err?: MongoAnswer;
  readonly result?: { getWriteConcernError?(): MongoAnswer | undefined };
  readonly errorResponse?: unknown;
}

/**
 * Reads a failed bulk.
 *
 * A write concern error wins over everything: nothing of the bulk is durable. Then each write error
 * counts for its own operation. Anything else says nothing about single operations.
 *
 * @param count - how many operations the bulk had.
 * @param idIndexes - unique indexes besides `_id` that hold the identity of a document.
 * @returns the faults by operation; the error of the bulk when its answer tells that nothing counts;
 * null when the call failed as a whole and the error is no answer about this bulk.
 * @see https://www.mongodb.com/docs/manual/reference/method/db.collection.bulkWrite/#error-handling
 */
export function readBulkError(
  thrown: unknown,
  count: number,
  idIndexes: ReadonlySet<string>,
): BulkFaults | MillraceError | null {
  const answer = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as BulkErrorAnswer;
  const concern = answer.result?.getWriteConcernError?.() ?? answer.err;
  if (concern !== undefined) return writeConcernError(concern, thrown);
  const writeErrors = [answer.writeErrors ?? []].flat();
  if (writeErrors.length === 0) return null;
  const faults = new Map<number, OperationFault>();
  for (const writeError of writeErrors) {
    faults.set(writeError.index, faultOf(writeError, idIndexes));
  }
  return missingOf(answer, faults, count) ?? faults;
}

/**
 * Checks that an answer accounts for every operation: a server that stopped in the middle must not
 * count as one that stored.
 *
 * @returns the error of the call; null when the counts are complete.
 */
export function missingOf(
  counts: Partial<BulkCounts>,
  faults: BulkFaults,
  count: number,
): MillraceError | null {
  const { insertedCount = 0, matchedCount = 0, upsertedCount = 0 } = counts;
  const accounted = insertedCount + matchedCount + upsertedCount + faults.size;
  if (accounted === count) return null;
  return new SinkUnavailableError({
    message: `the answer accounts for ${accounted} of ${count} operations`,
    facts: { accounted, count },
  });
}

/** The driver wraps the error of a call into the error of a bulk; the original tells more. */
export function originalOf(thrown: unknown): unknown {
  const inner = (thrown as BulkErrorAnswer | null | undefined)?.errorResponse;
  return isError(inner) ? inner : thrown;
}

function faultOf(writeError: WriteErrorAnswer, idIndexes: ReadonlySet<string>): OperationFault {
  if (DUPLICATE_KEY_CODES.includes(Number(writeError.code))) {
    const { isId, index } = duplicateKeyOf(writeError);
    if (isId || (index !== null && idIndexes.has(index))) return ID_TAKEN;
  }
  return operationError(writeError, writeError);
}

function writeConcernError(concern: MongoAnswer, cause: unknown): MillraceError {
  const code = concern.code;
  const isFatal = typeof code === 'number' && WRITE_CONCERN_FATAL_CODES.includes(code);
  const ErrorClass = isFatal ? MongoWriteConcernImpossibleError : SinkNotDurableError;
  const message = `write concern error, MongoDB code ${String(code)}`;
  return new ErrorClass({ message, cause, facts: { mongo_code: code ?? null } });
}
