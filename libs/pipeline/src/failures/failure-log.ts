import { Logger } from '@nestjs/common';
import type { MillraceError } from 'millrace/errors';
import type { Clock } from 'millrace/retry';
import type { Failure } from './dead-letter.headers';
import type { PipelineRecord } from '../records/pipeline-record';

/** Lines for single dead letters in one period; the rest is counted in one line. */
const LINES_PER_PERIOD = 10;
const PERIOD_MS = 1_000;

/**
 * Writes what fails: a warning per retry, an error per dead letter; never a record's value.
 *
 * Promise: a flood of dead letters does not become a flood of lines, and none goes uncounted. The
 * letters themselves tell what the lines leave out.
 */
export class FailureLog {
  private readonly logger = new Logger('Pipeline');
  private periodEndsMs = 0;
  private lines = 0;
  private unlogged = 0;

  constructor(private readonly clock: Clock) {}

  retry(record: PipelineRecord, error: MillraceError, attempt: number, maxAttempts: number): void {
    const { topic, partition, raw, eventId } = record;
    this.logger.warn(
      {
        event: 'record.retry',
        error_code: error.code,
        error: error.message,
        offset: raw.offset.toString(),
        event_id: eventId,
        attempt,
        max_attempts: maxAttempts,
        retryable: true,
      },
      `${topic}/${partition}@${raw.offset} failed (attempt ${attempt} of ${maxAttempts}): ${error.message}`,
    );
  }

  /** A record moved to a retry topic: it lives on there. */
  postponed(record: PipelineRecord, error: MillraceError, attempt: number): void {
    const { topic, partition, raw, eventId } = record;
    this.logger.warn(
      {
        event: 'record.postponed',
        error_code: error.code,
        error: error.message,
        offset: raw.offset.toString(),
        event_id: eventId,
        attempt,
        retryable: true,
      },
      `${topic}/${partition}@${raw.offset} failed (attempt ${attempt}) and moves to a retry topic: ${error.message}`,
    );
  }

  deadLetters(failures: readonly Failure[]): void {
    for (const failure of failures) {
      if (this.mayWrite()) this.deadLetter(failure);
      else this.unlogged += 1;
    }
  }

  private mayWrite(): boolean {
    const nowMs = this.clock.monotonicMs();
    if (nowMs >= this.periodEndsMs) {
      this.periodEndsMs = nowMs + PERIOD_MS;
      this.lines = 0;
    }
    this.lines += 1;
    if (this.lines === LINES_PER_PERIOD + 1) {
      this.clock.setTimer(() => this.sayUnlogged(), this.periodEndsMs - nowMs);
    }
    return this.lines <= LINES_PER_PERIOD;
  }

  private sayUnlogged(): void {
    const records = this.unlogged;
    this.unlogged = 0;
    this.logger.error({ event: 'record.dead_letter', records }, `${records} more dead letters`);
  }

  private deadLetter({ record, source, reason, error, attempts, eventId }: Failure): void {
    this.logger.error(
      {
        event: 'record.dead_letter',
        reason,
        error_code: error.code,
        error: error.message,
        offset: record.offset.toString(),
        event_id: eventId ?? undefined,
        attempt: attempts,
      },
      `${source.topic}/${source.partition}@${record.offset} is a dead letter (${reason}): ${error.message}`,
    );
  }
}
