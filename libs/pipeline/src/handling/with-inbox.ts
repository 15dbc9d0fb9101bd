import { deepestMillraceError } from 'millrace/errors';
import type { MillraceError } from 'millrace/errors';
import type { Dependency } from '../ports/dependency';
import type { InboxPort } from '../ports/inbox';
import { InboxUnavailableError } from './handling.errors';
import type { RecordResult } from '../records/outcome';
import { DUPLICATE } from '../records/outcome';
import type { PipelineRecord } from '../records/pipeline-record';
import type { HandlingScope } from '../records/record-context';
import type { Handling } from './handling';
import { NOT_HANDLED } from './handling';
import { refused } from './refused';

export interface InboxOptions {
  readonly inbox: InboxPort;
  /** Longest wait for one look or one write; unit ms. */
  readonly deadlineMs: number;
  /** The dependency behind the inbox, which knows the errors of its client. */
  readonly dependency: () => Dependency | undefined;
}

/**
 * Calls a handler only for events that its group has not dealt with.
 *
 * Promises: a known event is `duplicate` and the handler is not called; an outcome counts only after
 * the inbox has its id; when the inbox is away the records wait, and a handler that has done its
 * work already is not called again in this process. Failed records are not remembered, so that they
 * can be handled again, also by a redrive.
 */
export function withInbox(handling: Handling, options: InboxOptions): Handling {
  const visit = new InboxVisits(handling, options);
  return {
    unit: handling.unit,
    handle: (records, scope, attempt) => visit.handle(records, scope, attempt),
  };
}

class InboxVisits {
  /** Handled and not remembered yet; by record, so that it goes with the record. */
  private readonly done = new WeakMap<PipelineRecord, RecordResult>();

  constructor(
    private readonly handling: Handling,
    private readonly options: InboxOptions,
  ) {}

  async handle(
    records: readonly PipelineRecord[],
    scope: HandlingScope,
    attempt: number,
  ): Promise<readonly RecordResult[]> {
    const asked = { signal: scope.signal, deadlineMs: this.options.deadlineMs };
    const ids = (of: readonly PipelineRecord[]) => of.map(({ eventId }) => eventId);
    const results = new Map<PipelineRecord, RecordResult>();
    const open = records.filter((record) => !this.done.has(record));
    try {
      const known = await this.known(scope, open, asked);
      for (const record of open) if (known.has(record.eventId)) results.set(record, DUPLICATE);
    } catch (error) {
      return refused(records, this.translated(error));
    }
    const fresh = firstOfEach(open.filter((record) => !results.has(record)));
    await this.callHandler(fresh, scope, attempt, results);
    const finished = records.filter((record) => this.done.has(record));
    try {
      if (finished.length > 0) {
        await this.options.inbox.remember(scope.groupId, ids(finished), asked);
      }
    } catch (error) {
      const failure = { error: this.translated(error) };
      for (const record of finished) results.set(record, failure);
      return answersOf(records, results);
    }
    for (const record of finished) {
      results.set(record, this.done.get(record) ?? DUPLICATE);
      this.done.delete(record);
    }
    return answersOf(records, results);
  }

  private async known(
    { groupId }: HandlingScope,
    open: readonly PipelineRecord[],
    asked: { readonly signal: AbortSignal; readonly deadlineMs: number },
  ): Promise<ReadonlySet<string>> {
    if (open.length === 0) return new Set();
    const ids = [...new Set(open.map(({ eventId }) => eventId))];
    return this.options.inbox.known(groupId, ids, asked);
  }

  private async callHandler(
    fresh: readonly PipelineRecord[],
    scope: HandlingScope,
    attempt: number,
    results: Map<PipelineRecord, RecordResult>,
  ): Promise<void> {
    if (fresh.length === 0) return;
    const answers = await this.handling.handle(fresh, scope, attempt);
    fresh.forEach((record, index) => {
      const answer = answers[index];
      if (answer === undefined) return;
      if ('error' in answer) results.set(record, answer);
      else this.done.set(record, answer);
    });
  }

  /** Whatever goes wrong with the inbox is no fault of the record. */
  private translated(error: unknown): MillraceError {
    const known = deepestMillraceError(error) ?? this.options.dependency()?.translate?.(error);
    if (known?.failure === 'infrastructure' || known?.failure === 'fatal') return known;
    const what = error instanceof Error ? error.message : 'something that is no Error was thrown';
    return new InboxUnavailableError({ message: `inbox ${this.options.inbox.name}: ${what}` });
  }
}

/** The second of two records with one id in a slice waits for the end of the first. */
function firstOfEach(records: readonly PipelineRecord[]): readonly PipelineRecord[] {
  const seen = new Set<string>();
  return records.filter(({ eventId }) => !seen.has(eventId) && seen.add(eventId));
}

function answersOf(
  records: readonly PipelineRecord[],
  results: ReadonlyMap<PipelineRecord, RecordResult>,
): readonly RecordResult[] {
  return records.map((record) => results.get(record) ?? NOT_HANDLED);
}
