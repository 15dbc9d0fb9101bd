import { DUPLICATE } from 'millrace/pipeline';
import type { PipelineRecord, RecordResult, SinkPort } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import type { ClientSession, Collection } from 'mongodb';
import { within } from '../deadline';
import type { CallBound } from '../deadline';
import type { SinkCollection } from '../mongo-collection';
import { TRANSACTION_OPTIONS, abort, isCommitUnknown, isTransient } from '../mongo.transactions';
import type { OffsetClaim, OffsetDocument } from './mongo.offset-store';
import { longOf, offsetOf } from './mongo.offset-store';
import { SessionCollection } from './session-collection';

/** Until when a write may go on. */
export interface Bound {
  readonly signal: AbortSignal;
  /** On the monotonic clock; unit ms. */
  readonly endsAtMs: number;
}

export interface PositionTransactionParts {
  readonly offsets: (session: ClientSession) => Collection<OffsetDocument>;
  readonly collection: (session: ClientSession) => SinkCollection;
  /** The sink on another collection. */
  readonly on: (collection: SinkCollection) => SinkPort;
  readonly clock: Clock;
}

/** What became of a transaction; `spoiled`: it cannot be, because of one of its records. */
export type TransactionAnswer = readonly RecordResult[] | 'spoiled' | 'fenced';

/**
 * One transaction: moves the position, writes the records, commits.
 *
 * Promise: an answer with results is committed by a majority; after any other end nothing of it is
 * stored, or, when a commit was not answered, the position tells.
 *
 * @throws errors of the driver; those of conflicts with their label.
 */
export async function storeWithPosition(
  records: readonly PipelineRecord[],
  claim: OffsetClaim,
  bound: Bound,
  parts: PositionTransactionParts,
): Promise<TransactionAnswer> {
  const { session } = claim;
  bound.signal.throwIfAborted();
  session.startTransaction(TRANSACTION_OPTIONS);
  const stored = await movePosition(records, claim, bound, parts);
  if (stored === 'fenced') return ending(claim, 'fenced');
  const known = records.filter(({ raw }) => stored !== null && raw.offset < stored);
  const rest = records.slice(known.length);
  const results: RecordResult[] = known.map(() => DUPLICATE);
  // An earlier commit came through and its answer did not.
  if (rest.length === 0) return ending(claim, results);
  const collection = new SessionCollection(parts.collection(session), session);
  const { deadlineMs } = callBound(bound, parts);
  const written = await parts.on(collection).write(rest, { signal: bound.signal, deadlineMs });
  const { fault } = collection;
  if (fault !== null && !isOfRecords(fault)) throw fault;
  if (fault !== null || written.some((result) => 'error' in result)) {
    return ending(claim, 'spoiled');
  }
  bound.signal.throwIfAborted();
  await commit(claim, bound, parts);
  return [...results, ...written];
}

/** @returns the position until now; null = none; `fenced` when the claim is over. */
async function movePosition(
  records: readonly PipelineRecord[],
  { _id, fence, session }: OffsetClaim,
  bound: Bound,
  parts: PositionTransactionParts,
) {
  const last = records.at(-1)?.raw.offset ?? 0n;
  const before = await within(callBound(bound, parts), () =>
    parts
      .offsets(session)
      .findOneAndUpdate(
        { _id, fence },
        { $max: { next: longOf(last + 1n) } },
        { session, returnDocument: 'before' },
      ),
  );
  return before === null ? ('fenced' as const) : offsetOf(before);
}

async function commit(
  { session }: OffsetClaim,
  bound: Bound,
  parts: PositionTransactionParts,
): Promise<void> {
  for (;;) {
    try {
      await within(callBound(bound, parts), () => session.commitTransaction());
      return;
    } catch (thrown) {
      // The driver repeats it once; a commit may be repeated for as long as one likes.
      if (!isCommitUnknown(thrown) || parts.clock.monotonicMs() >= bound.endsAtMs) throw thrown;
    }
  }
}

async function ending<T>({ session }: OffsetClaim, answer: T): Promise<T> {
  await abort(session);
  return answer;
}

/** True when a record is to blame, not the server, nor another transaction. */
function isOfRecords(fault: Error): boolean {
  if (isTransient(fault)) return false;
  const { writeErrors } = fault as { readonly writeErrors?: unknown };
  const { code } = fault as { readonly code?: unknown };
  return (Array.isArray(writeErrors) && writeErrors.length > 0) || typeof code === 'number';
}

function callBound({ signal, endsAtMs }: Bound, { clock }: { readonly clock: Clock }): CallBound {
  return { clock, signal, deadlineMs: Math.max(1, endsAtMs - clock.monotonicMs()) };
}
