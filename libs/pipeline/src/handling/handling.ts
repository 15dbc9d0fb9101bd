import { isObservable, lastValueFrom } from 'rxjs';
import { BatchError } from '../records/batch.errors';
import type { HandlerOutcome, RecordResult } from '../records/outcome';
import { DUPLICATE, FILTERED, STALE, STORED } from '../records/outcome';
import { BatchOutcomeInvalidError } from '../pipeline.errors';
import type { PipelineRecord } from '../records/pipeline-record';
import type { EventBatch, HandlingScope } from '../records/record-context';
import { RecordContext } from '../records/record-context';
import type { SinkPort } from '../ports/sink';

/**
 * How the records of a slice are handled.
 *
 * Promise: answers once per record, in order, and never rejects.
 */
export interface Handling {
  /** 1 = one record at a time, in order: a failing record keeps the next one waiting. */
  readonly unit: 'record' | 'slice';
  handle(
    records: readonly PipelineRecord[],
    scope: HandlingScope,
    attempt: number,
  ): Promise<readonly RecordResult[]>;
}

/** A handler as Nest wraps it: guards, interceptors, pipes and filters included. */
export type NestHandler = (payload: unknown, context: unknown) => Promise<unknown>;

/** What a batch handler may return; nothing = every record is stored. */
export type BatchOutcome = void | ReadonlyArray<HandlerOutcome | RecordResult>;

const RESULTS: ReadonlyMap<unknown, RecordResult> = new Map<HandlerOutcome, RecordResult>([
  ['stored', STORED],
  ['duplicate', DUPLICATE],
  ['stale', STALE],
  ['filtered', FILTERED],
]);

/** Calls a handler once per record. */
export function recordHandling(handler: NestHandler): Handling {
  async function handleOne(
    record: PipelineRecord,
    scope: HandlingScope,
    attempt: number,
  ): Promise<RecordResult> {
    try {
      const context = new RecordContext(scope, record.raw, record.eventId, attempt);
      const value = await handler(record.event, context);
      return (
        outcomeOf(isObservable(value) ? await valueOf(Promise.resolve(value)) : value) ?? STORED
      );
    } catch (error) {
      return { error };
    }
  }
  return {
    unit: 'record',
    async handle(records, scope, attempt) {
      const results: RecordResult[] = [];
      for (const record of records) results.push(await handleOne(record, scope, attempt));
      return results;
    },
  };
}

/** Calls a handler once per slice; an anonymous throw is narrowed down to the guilty records. */
export function batchHandling(handler: NestHandler): Handling {
  return {
    unit: 'slice',
    async handle(records, scope, attempt) {
      const { topic, partition, groupId, signal } = scope;
      const batch: EventBatch<unknown> = { topic, partition, groupId, signal, records, attempt };
      try {
        return batchResults(await valueOf(handler(batch, batch)), records.length);
      } catch (error) {
        return namedFailure(error, records.length) ?? anonymousFailure(error, records.length);
      }
    },
  };
}

/** Writes a slice to a sink. */
export function sinkHandling(sink: SinkPort, deadlineMs: number): Handling {
  return {
    unit: 'slice',
    async handle(records, scope) {
      try {
        const results = await sink.write(records, { signal: scope.signal, deadlineMs });
        return records.map((_, index) => {
          const result = results.length === records.length ? toResult(results[index]) : null;
          return result ?? { error: new BatchOutcomeInvalidError() };
        });
      } catch (error) {
        return records.map(() => ({ error }));
      }
    },
  };
}

/** Marks records that a batch handler did not get to: they are handled again, without an attempt. */
export const NOT_HANDLED: RecordResult = Object.freeze({ error: Symbol('not handled') });

/** Says that a batch failed and not which record of it: halve it. */
export class AnonymousFailure {
  constructor(readonly error: unknown) {}
}

function anonymousFailure(error: unknown, length: number): readonly RecordResult[] {
  const failure = length === 1 ? error : new AnonymousFailure(error);
  return Array.from({ length }, () => ({ error: failure }));
}

function namedFailure(error: unknown, length: number): RecordResult[] | null {
  if (!(error instanceof BatchError)) return null;
  const { index, cause } = error;
  if (!Number.isInteger(index) || index < 0 || index >= length) return null;
  return Array.from({ length }, (_, at) => {
    if (at < index) return STORED;
    return at === index ? { error: cause } : NOT_HANDLED;
  });
}

function batchResults(answer: unknown, length: number): readonly RecordResult[] {
  if (answer === undefined || answer === null) return Array.from({ length }, () => STORED);
  if (!Array.isArray(answer) || answer.length !== length) throw new BatchOutcomeInvalidError();
  return answer.map((entry: unknown) => {
    const result = toResult(entry);
    if (result === null) throw new BatchOutcomeInvalidError();
    return result;
  });
}

/** @returns null for anything that is neither an outcome nor an error of a record. */
function toResult(answer: unknown): RecordResult | null {
  if (typeof answer === 'object' && answer !== null && 'error' in answer) {
    return { error: answer.error };
  }
  return outcomeOf(answer);
}

/** @returns null for anything that is no outcome: a plain handler may return what it likes. */
function outcomeOf(answer: unknown): RecordResult | null {
  const isObject = typeof answer === 'object' && answer !== null;
  return RESULTS.get(isObject && 'outcome' in answer ? answer.outcome : answer) ?? null;
}

/** Nest answers with a promise of a value or of an Observable (an error passes through filters as one). */
async function valueOf(answer: Promise<unknown>): Promise<unknown> {
  const value = await answer;
  return isObservable(value) ? lastValueFrom(value, { defaultValue: undefined }) : value;
}
