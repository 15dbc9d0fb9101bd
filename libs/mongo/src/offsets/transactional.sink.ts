import { MillraceError } from 'millrace/errors';
import { NOT_HANDLED, OffsetsFencedError } from 'millrace/pipeline';
import type { PipelineRecord, RecordResult, SinkPort } from 'millrace/pipeline';
import { sleep } from 'millrace/retry';
import type { ClientSession } from 'mongodb';
import { abort, isTransient } from '../mongo.transactions';
import { callError } from '../mongo.translation';
import { SinkUnavailableError } from '../sink.errors';
import { MONGO } from '../sliced.sink';
import type { MongoOffsetStore, OffsetClaim } from './mongo.offset-store';
import { storeWithPosition } from './position.transaction';
import type { Bound, PositionTransactionParts } from './position.transaction';

export interface TransactionalSinkParts extends Omit<PositionTransactionParts, 'offsets'> {
  readonly groupId: string;
  readonly store: Pick<MongoOffsetStore, 'claimOf' | 'lost' | 'of'>;
  /** The sink without positions. */
  readonly plain: SinkPort;
  /** Records of one transaction; unit records. */
  readonly sliceRecords: number;
}

type WriteOptions = Parameters<SinkPort['write']>[1];
type Records = readonly PipelineRecord[];
type Results = readonly RecordResult[];

/** Pauses between tries of a transaction that met another one; unit ms. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/**
 * Writes records and the position behind them in one transaction.
 *
 * Promises: the position is stored when the records are, and only then; a record that fails keeps
 * those behind it from being stored before it has its outcome; a process whose claim is over stores
 * nothing.
 *
 * A record that spoils a transaction is found by halving. It is then written alone and without the
 * position: what comes of it is a duplicate, a stale record or its error, so nothing is stored.
 */
export class TransactionalSink implements SinkPort {
  readonly name = MONGO;

  constructor(private readonly parts: TransactionalSinkParts) {}

  beside(): SinkPort {
    return this.parts.plain;
  }

  async probe(): Promise<void> {
    await this.parts.plain.probe();
  }

  async write(records: Records, { signal, deadlineMs }: WriteOptions): Promise<Results> {
    const { plain, store, groupId, clock, sliceRecords } = this.parts;
    const [first] = records;
    // What comes from a retry topic has no place in the order of its source.
    if (first === undefined || first.first !== undefined) {
      return plain.write(records, { signal, deadlineMs });
    }
    const bound: Bound = { signal, endsAtMs: clock.monotonicMs() + deadlineMs };
    const claim = store.claimOf(groupId, first);
    if (claim === undefined) return this.fenced(records, bound);
    let results: Results = [];
    for (let from = 0; from < records.length && !hasError(results); from += sliceRecords) {
      const slice = records.slice(from, from + sliceRecords);
      results = [...results, ...(await this.store(slice, claim, bound))];
    }
    return [...results, ...records.slice(results.length).map(() => NOT_HANDLED)];
  }

  private async store(records: Records, claim: OffsetClaim, bound: Bound): Promise<Results> {
    const results = await this.tryAgain(records, claim, bound);
    if (results !== 'spoiled') return results;
    if (records.length === 1) {
      const deadlineMs = Math.max(1, bound.endsAtMs - this.parts.clock.monotonicMs());
      return this.parts.plain.write(records, { signal: bound.signal, deadlineMs });
    }
    const middle = Math.ceil(records.length / 2);
    const before = await this.store(records.slice(0, middle), claim, bound);
    const rest = records.slice(middle);
    if (hasError(before)) return [...before, ...rest.map(() => NOT_HANDLED)];
    return [...before, ...(await this.store(rest, claim, bound))];
  }

  /** For as long as the transaction only meets others. */
  private async tryAgain(
    records: Records,
    claim: OffsetClaim,
    bound: Bound,
  ): Promise<Results | 'spoiled'> {
    const { clock, store } = this.parts;
    const parts = { ...this.parts, offsets: (session: ClientSession) => store.of(session) };
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        const answer = await storeWithPosition(records, claim, bound, parts);
        return answer === 'fenced' ? await this.fenced(records, bound) : answer;
      } catch (thrown) {
        await abort(claim.session);
        bound.signal.throwIfAborted();
        if (!isTransient(thrown)) return all(records, asError(thrown));
        if (clock.monotonicMs() + pauseMs >= bound.endsAtMs) {
          const message = 'the transaction kept meeting others until the deadline';
          return all(records, new SinkUnavailableError({ message, cause: thrown }));
        }
        await sleep(clock, pauseMs, bound.signal);
      }
    }
  }

  /** Nothing can be stored in this assignment any more: waits for its end, which it asks for. */
  private async fenced(records: Records, { signal, endsAtMs }: Bound): Promise<Results> {
    const { clock, store, groupId } = this.parts;
    store.lost(groupId);
    await sleep(clock, Math.max(0, endsAtMs - clock.monotonicMs()), signal);
    return all(records, new OffsetsFencedError({ where: groupId }));
  }
}

const hasError = (results: Results) => results.some((result) => 'error' in result);
const all = (records: Records, error: unknown): Results => records.map(() => ({ error }));

function asError(thrown: unknown): unknown {
  return thrown instanceof MillraceError ? thrown : callError(thrown);
}
