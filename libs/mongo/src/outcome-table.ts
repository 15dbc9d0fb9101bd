import type { MillraceErrorClass } from 'millrace/errors';
import {
  MongoMisconfiguredError,
  MongoUnauthorizedError,
  MongoWriteConcernImpossibleError,
} from './mongo.errors';
import {
  SinkDocumentRejectedError,
  SinkDocumentTooLargeError,
  SinkNotDurableError,
  SinkOperationFailedError,
  SinkUnavailableError,
  SinkWriteConflictError,
} from './sink.errors';

/** Codes of the server that mean the same to a sink. */
export interface CodeRow {
  /** What the row is about; stable, names the row in `millrace describe` and in tests. */
  readonly name: string;
  readonly codes: readonly number[];
  readonly error: MillraceErrorClass;
}

/** A unique index refused the document: which one decides, so these codes are in no row. */
export const DUPLICATE_KEY_CODES: readonly number[] = Object.freeze([11000, 11001]);

/**
 * What an error code means, wherever the server puts it: on one operation or on the whole call.
 *
 * @see https://www.mongodb.com/docs/manual/reference/error-codes/
 */
export const CODE_ROWS: readonly CodeRow[] = [
  { name: 'validation rules', codes: [121], error: SinkDocumentRejectedError },
  { name: 'too large', codes: [10334, 17419, 17420], error: SinkDocumentTooLargeError },
  {
    name: 'bad value, type or field name',
    codes: [2, 9, 14, 16, 52, 55, 56, 57, 66],
    error: SinkDocumentRejectedError,
  },
  { name: 'nested too deep', codes: [15], error: SinkDocumentRejectedError },
  { name: 'conflict or lock', codes: [112, 24, 46, 50], error: SinkWriteConflictError },
  {
    name: 'no primary or shutdown',
    codes: [189, 91, 11600, 11602, 10107, 13435, 13436, 10058],
    error: SinkUnavailableError,
  },
  {
    name: 'network, time limit or stale routing',
    codes: [6, 7, 89, 9001, 262, 134, 133, 63, 150, 13388],
    error: SinkUnavailableError,
  },
  { name: 'write concern timeout', codes: [64], error: SinkNotDurableError },
  { name: 'out of disk space', codes: [14031, 12501], error: SinkUnavailableError },
  { name: 'not authorized', codes: [13, 18, 8000], error: MongoUnauthorizedError },
  {
    name: 'configuration of the namespace or server',
    codes: [26, 20],
    error: MongoMisconfiguredError,
  },
  {
    name: 'write concern impossible',
    codes: [100, 79],
    error: MongoWriteConcernImpossibleError,
  },
];

/** Codes of a write concern error that no wait will cure; every other one is {@link SinkNotDurableError}. */
export const WRITE_CONCERN_FATAL_CODES: readonly number[] = Object.freeze([100, 79]);

/** Names of driver errors that say: nothing is known, ask again later. */
export const INFRASTRUCTURE_NAMES: readonly string[] = Object.freeze([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoServerSelectionError',
  'MongooseServerSelectionError',
  'MongoPoolClearedError',
  'MongoPoolClosedError',
  'MongoWaitQueueTimeoutError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoServerClosedError',
  'MongoClientClosedError',
  'MongoOperationTimeoutError',
  'MongoExpiredSessionError',
]);

/** Labels with which the driver says that a whole call may be sent again. */
export const INFRASTRUCTURE_LABELS: readonly string[] = Object.freeze([
  'RetryableWriteError',
  'TransientTransactionError',
  'PoolRequestedRetry',
  'SystemOverloadedError',
]);

/** For one operation with a code of no row. */
export const UNKNOWN_OPERATION_ERROR: MillraceErrorClass = SinkOperationFailedError;
/** For a whole call that failed for a reason of no row. */
export const UNKNOWN_CALL_ERROR: MillraceErrorClass = SinkUnavailableError;

const BY_CODE: ReadonlyMap<number, CodeRow> = new Map(
  CODE_ROWS.flatMap((row) => row.codes.map((code) => [code, row] as const)),
);

/** @returns undefined when the code is in no row. */
export function rowOfCode(code: unknown): CodeRow | undefined {
  return typeof code === 'number' ? BY_CODE.get(code) : undefined;
}
