import type { MillraceError } from 'millrace/errors';
import type { DeliveryTerms, OutgoingRecord, PublishResult } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { PublishAbortedError, PublishTimeoutError } from '../errors/publish.errors';
import { PendingRecord } from './pending-record';

/**
 * One call of `publish`: a result per record, in order, at the deadline at the latest.
 *
 * A record that was never handed over is `failed` at the deadline, any other `unknown`.
 */
export class PublishCall {
  readonly records: readonly PendingRecord[];
  readonly results: Promise<readonly PublishResult[]>;
  private readonly collected: PublishResult[] = [];
  private missing: number;
  private finish: (results: readonly PublishResult[]) => void = () => undefined;
  private release: () => void = () => undefined;

  constructor(
    outgoing: readonly OutgoingRecord[],
    clock: Clock,
    terms: DeliveryTerms,
    onSettled: (record: PendingRecord) => void,
  ) {
    const now = clock.now();
    this.missing = outgoing.length;
    this.results = new Promise((resolve) => {
      this.finish = resolve;
    });
    this.records = outgoing.map(
      (record, index) =>
        new PendingRecord(record, now, (settled, result) => {
          onSettled(settled);
          this.collect(index, result);
        }),
    );
    if (this.missing === 0) this.finish([]);
    else this.watch(clock, terms);
  }

  private watch(clock: Clock, { deadlineMs, signal }: DeliveryTerms): void {
    const cancel = clock.setTimer(() => {
      const message = `not acknowledged within ${deadlineMs} ms`;
      this.giveUp((where) => new PublishTimeoutError({ message, where }));
    }, deadlineMs);
    const onAbort = (): void => this.giveUp((where) => new PublishAbortedError({ where }));
    signal?.addEventListener('abort', onAbort, { once: true });
    this.release = () => {
      cancel();
      signal?.removeEventListener('abort', onAbort);
    };
    if (signal?.aborted === true) onAbort();
  }

  private giveUp(errorOf: (where: string) => MillraceError): void {
    for (const record of this.records) abandon(record, errorOf(`topic ${record.topic}`));
  }

  private collect(index: number, result: PublishResult): void {
    this.collected[index] = result;
    this.missing -= 1;
    if (this.missing > 0) return;
    this.release();
    this.finish(this.collected);
  }
}

/** Answers for a record that nobody waits for any longer: honest about where it may be. */
export function abandon(record: PendingRecord, error: MillraceError): void {
  record.settle({ status: record.state === 'queued' ? 'failed' : 'unknown', error });
}
