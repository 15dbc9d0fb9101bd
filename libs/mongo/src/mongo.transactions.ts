import type { Clock } from 'millrace/retry';
import { ReadConcern, ReadPreference, WriteConcern } from 'mongodb';
import type { ClientSession, TransactionOptions } from 'mongodb';
import { within } from './deadline';
import type { MongoConnection } from './mongo.connection';
import { callError } from './mongo.translation';
import { INFRASTRUCTURE_NAMES, rowOfCode } from './outcome-table';

/**
 * What is seen and what is kept: a snapshot of what a majority has, then a majority of journals.
 *
 * @see https://www.mongodb.com/docs/manual/core/transactions/
 */
export const TRANSACTION_OPTIONS: TransactionOptions = Object.freeze({
  readConcern: new ReadConcern('snapshot'),
  writeConcern: new WriteConcern('majority', undefined, true),
  readPreference: ReadPreference.primary,
});

/** "Transaction numbers are only allowed on a replica set member or mongos". */
const ILLEGAL_OPERATION = 20;
const UNAUTHORIZED_CODES: readonly unknown[] = [13, 18, 8000];
/** Longest wait for the whole trial; unit ms. */
const TRIAL_TIMEOUT_MS = 10_000;

/** What of the connection is needed to begin transactions. */
export type TransactionConnection = Pick<MongoConnection, 'collection' | 'startSession'>;

/**
 * Tries out whether the server has transactions: what it says of itself is not trusted.
 *
 * A document is inserted in a transaction that is aborted; neither before nor after that may anybody
 * else see it.
 *
 * @param collection - takes the document of the trial; nothing stays in it.
 * @returns false for a server that refuses transactions, or takes part in them only by word.
 * @throws {MillraceError} infrastructure while nobody answers; fatal when the user may not write.
 */
export async function hasTransactions(
  connection: TransactionConnection,
  collection: string,
  clock: Clock,
): Promise<boolean> {
  const bound = { clock, deadlineMs: TRIAL_TIMEOUT_MS };
  try {
    return await within(bound, () => tryOut(connection, collection));
  } catch (thrown) {
    if (isAnswer(thrown)) return false;
    throw callError(thrown);
  }
}

async function tryOut(connection: TransactionConnection, name: string): Promise<boolean> {
  const collection = connection.collection<{ _id: string }>(name);
  const session = connection.startSession();
  const _id = `trial-${process.pid}-${Math.random().toString(36).slice(2)}`;
  try {
    session.startTransaction(TRANSACTION_OPTIONS);
    await collection.insertOne({ _id }, { session });
    const isSeenOutside = (await collection.findOne({ _id })) !== null;
    const isSeenInside = (await collection.findOne({ _id }, { session })) !== null;
    await session.abortTransaction();
    const { deletedCount } = await collection.deleteOne({ _id });
    return isSeenInside && !isSeenOutside && deletedCount === 0;
  } finally {
    await session.endSession();
  }
}

/** True when the server itself has said that it does not do this. */
function isAnswer(thrown: unknown): boolean {
  const { name, code } = (thrown ?? {}) as { readonly name?: string; readonly code?: unknown };
  if (code === ILLEGAL_OPERATION) return true;
  if (name !== undefined && INFRASTRUCTURE_NAMES.includes(name)) return false;
  if (typeof code !== 'number' || UNAUTHORIZED_CODES.includes(code)) {
    return name === 'MongoCompatibilityError';
  }
  return rowOfCode(code)?.error.definition.failure !== 'infrastructure';
}

/** True when a transaction met another one: it is over, and may be tried again from its begin. */
export function isTransient(thrown: unknown): boolean {
  return hasLabel(thrown, 'TransientTransactionError');
}

/** True when it is not known whether a commit came through. */
export function isCommitUnknown(thrown: unknown): boolean {
  return hasLabel(thrown, 'UnknownTransactionCommitResult');
}

function hasLabel(thrown: unknown, label: string): boolean {
  const { hasErrorLabel } = (thrown ?? {}) as { hasErrorLabel?: (label: string) => boolean };
  return typeof hasErrorLabel === 'function' && hasErrorLabel.call(thrown, label);
}

/** Ends a transaction without effect; harmless when it is over already. */
export async function abort(session: ClientSession): Promise<void> {
  if (!session.inTransaction()) return;
  // The server ends it by itself when nobody answers.
  await session.abortTransaction().catch(() => undefined);
}
