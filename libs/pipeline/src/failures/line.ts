import type { MillraceError } from 'millrace/errors';
import type { TopicPartition } from '../ports/record';
import type { HandlingScope } from '../records/record-context';
import type { OutcomeCounts } from '../records/tally';
import type { Failure } from './dead-letter.headers';

/**
 * The line of one handler: it stops itself when too many of its records would become dead letters.
 *
 * Promise: it stops before the dead letter that would be one too many is written.
 */
export interface Line {
  /**
   * Resolves when some of these may become dead letters; waits while the line is stopped.
   *
   * @returns how many, from the first one on; at least 1: write them, then ask about the rest.
   * @throws the reason of the scope's signal when the wait is given up.
   */
  admit(failures: readonly Failure[], scope: HandlingScope): Promise<number>;
  /** Stops the partition for a person and waits until one resumes the line. */
  hold(cause: MillraceError, scope: HandlingScope): Promise<void>;
  /** Says how the records of a slice ended; the letters of those that were admitted may be on their way. */
  finished(source: TopicPartition, counts: OutcomeCounts): void;
}

/** A line that never stops. */
export const OPEN_LINE: Line = Object.freeze({
  admit: (failures: readonly Failure[]) => Promise.resolve(failures.length),
  hold: () => Promise.resolve(),
  finished: () => undefined,
});
