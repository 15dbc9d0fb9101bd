import { Logger } from '@nestjs/common';
import type { MillraceError } from 'millrace/errors';
import type { Failure } from './dead-letter.headers';
import type { PipelineRecord } from '../records/pipeline-record';

/** Lines for single dead letters per call; the rest is counted in one line. */
const LINES_PER_CALL = 10;

/** Writes what fails: a warning per retry, an error per dead letter; never a record's value. */
export class FailureLog {
  private readonly logger = new Logger('Pipeline');

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
    for (const failure of failures.slice(0, LINES_PER_CALL)) this.deadLetter(failure);
    const unlogged = failures.length - LINES_PER_CALL;
    if (unlogged <= 0) return;
    this.logger.error(
      { event: 'record.dead_letter', records: unlogged },
      `${unlogged} more dead letters`,
    );
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
