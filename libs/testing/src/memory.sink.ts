import type { MillraceError } from 'millrace/errors';
import { CODE_ROWS, SinkOperationFailedError } from 'millrace/mongo';
import type { PipelineRecord, RecordResult, SinkPort, SinkRegistration } from 'millrace/pipeline';
import { DUPLICATE, STALE, STORED } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { sleep, systemClock } from 'millrace/retry';
import { MemorySinkDownError } from './testing.errors';
import { nextTurn } from './turns';

/** What lies in a {@link MemorySink}. */
export interface StoredDocument {
  readonly id: string;
  readonly document: Readonly<Record<string, unknown>>;
  readonly record: PipelineRecord;
}

type Version = string | number | Date;

interface Candidate {
  readonly id: string;
  readonly version: Version | null;
  readonly record: PipelineRecord;
}

export interface MemorySinkOptions {
  /** Name of the dependency; default `memory`. */
  readonly name?: string;
  /** How documents are told apart; default: by event id, no versions. */
  readonly identity?: SinkRegistration['identity'];
  /** Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * A sink in memory with the outcomes of a real one.
 *
 * Promises: one result per record, in order; a repeat is a duplicate and changes nothing; an older
 * version is stale, a newer one replaces; of one id in one write only the newest version is kept.
 */
export class MemorySink implements SinkPort {
  readonly name: string;
  private readonly stored = new Map<string, StoredDocument & Candidate>();
  private readonly identity: SinkRegistration['identity'];
  private readonly clock: Clock;
  private isDown = false;
  private cancelRecovery: (() => void) | null = null;
  private delayMs = 0;
  private readonly nextErrors: MillraceError[] = [];
  private readonly nextPartials: Array<ReadonlyMap<number, MillraceError>> = [];
  private refusal: (record: PipelineRecord) => MillraceError | null = () => null;
  private writeCount = 0;

  constructor(options: MemorySinkOptions = {}) {
    this.name = options.name ?? 'memory';
    this.identity = options.identity ?? { id: ({ eventId }) => eventId };
    this.clock = options.clock ?? systemClock;
  }

  /** In the order in which they were stored first. */
  get documents(): readonly StoredDocument[] {
    return [...this.stored.values()];
  }

  /** Calls of `write` that reached the sink. */
  get writes(): number {
    return this.writeCount;
  }

  async write(
    records: readonly PipelineRecord[],
    options?: { readonly signal: AbortSignal; readonly deadlineMs: number },
  ): Promise<readonly RecordResult[]> {
    options?.signal.throwIfAborted();
    await this.delay(options);
    await this.refuseWhenDown();
    const error = this.nextErrors.shift();
    if (error !== undefined) throw error;
    this.writeCount += 1;
    const partial = this.nextPartials.shift();
    const candidates = records.map((record, index) => {
      const refused = partial?.get(index);
      return refused === undefined ? this.candidateOf(record) : { error: refused };
    });
    const newest = newestOf(candidates);
    return candidates.map((one) => ('error' in one ? one : this.store(one, newest.get(one.id))));
  }

  async probe(): Promise<void> {
    await this.refuseWhenDown();
  }

  /** @param forMs - it comes back by itself after it; unit ms; default: never. */
  sinkDown(forMs?: number): void {
    this.sinkUp();
    this.isDown = true;
    if (forMs !== undefined) {
      this.cancelRecovery = this.clock.setTimer(() => this.sinkUp(), forMs);
    }
  }

  sinkUp(): void {
    this.cancelRecovery?.();
    this.cancelRecovery = null;
    this.isDown = false;
  }

  /** Makes every write take so long; a write beyond its deadline fails. Unit ms; 0 ends it. */
  slow(delayMs: number): void {
    this.delayMs = delayMs;
  }

  /** Lets the next writes fail as a whole, one error per write. */
  failNext(...errors: readonly MillraceError[]): void {
    this.nextErrors.push(...errors);
  }

  /**
   * Lets single records of the next write fail, as an unordered bulk answers; the others are stored.
   *
   * @param faults - by the index of the record in the write: an error, or a code of MongoDB, which
   * becomes what the MongoDB sink makes of it on one operation; example `{ 0: 121, 7: 112 }`.
   */
  failAt(faults: Readonly<Record<number, MillraceError | number>>): void {
    const errors = Object.entries(faults).map(
      ([index, fault]) =>
        [Number(index), typeof fault === 'number' ? ofCode(fault) : fault] as const,
    );
    this.nextPartials.push(new Map(errors));
  }

  /** Refuses single records from now on; null = take it. */
  refuse(refusal: (record: PipelineRecord) => MillraceError | null): void {
    this.refusal = refusal;
  }

  private async delay(options?: {
    readonly signal: AbortSignal;
    readonly deadlineMs: number;
  }): Promise<void> {
    if (this.delayMs === 0) return;
    const limitMs = options?.deadlineMs ?? Infinity;
    await sleep(this.clock, Math.min(this.delayMs, limitMs), options?.signal);
    if (this.delayMs > limitMs) {
      throw new MemorySinkDownError({ message: `the write took longer than ${limitMs} ms` });
    }
  }

  private async refuseWhenDown(): Promise<void> {
    await nextTurn();
    if (this.isDown) throw new MemorySinkDownError();
  }

  private candidateOf(record: PipelineRecord): Candidate | { readonly error: unknown } {
    const error = this.refusal(record);
    if (error !== null) return { error };
    try {
      const version = this.identity.version?.(record) ?? null;
      return { id: this.identity.id(record), version, record };
    } catch (thrown) {
      return { error: thrown };
    }
  }

  private store(candidate: Candidate, newest: Candidate | undefined): RecordResult {
    if (newest !== candidate) return resultOfLoser(candidate, newest);
    const { id, record } = candidate;
    const known = this.stored.get(id);
    if (known !== undefined && compare(candidate.version, known.version) <= 0) {
      return resultOfLoser(candidate, known);
    }
    try {
      const event = record.event as Readonly<Record<string, unknown>>;
      const document = this.identity.document?.(record) ?? event;
      this.stored.set(id, { ...candidate, document });
      return STORED;
    } catch (error) {
      return { error };
    }
  }
}

function ofCode(code: number): MillraceError {
  const row = CODE_ROWS.find(({ codes }) => codes.includes(code));
  const ErrorClass = row?.error ?? SinkOperationFailedError;
  return new ErrorClass({ message: `MongoDB code ${code}` });
}

/** Of equal versions the first one is kept. */
function newestOf(
  candidates: ReadonlyArray<Candidate | { readonly error: unknown }>,
): ReadonlyMap<string, Candidate> {
  const newest = new Map<string, Candidate>();
  for (const candidate of candidates) {
    if ('error' in candidate) continue;
    const known = newest.get(candidate.id);
    if (known === undefined || compare(candidate.version, known.version) > 0) {
      newest.set(candidate.id, candidate);
    }
  }
  return newest;
}

function resultOfLoser(candidate: Candidate, winner: Candidate | undefined): RecordResult {
  return winner !== undefined && compare(candidate.version, winner.version) < 0 ? STALE : DUPLICATE;
}

/** Without versions all are equal: the first one stays. */
function compare(left: Version | null, right: Version | null): number {
  if (left === null || right === null) return 0;
  if (left < right) return -1;
  return left > right ? 1 : 0;
}
