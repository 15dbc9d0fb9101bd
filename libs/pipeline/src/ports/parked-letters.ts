import type { Audit } from './control-store';
import type { Offset, TopicPartition } from './record';

/** Where a dead letter is. */
export interface LetterPosition extends TopicPartition {
  readonly offset: Offset;
}

/** A dead letter that a person has resolved; the log itself is not changed. */
export interface ParkedLetter extends LetterPosition {
  /** Kafka's timestamp of the record: tells it from another one at the same place of a topic that was made anew; unit ms. */
  readonly timestampMs: number;
  readonly audit: Audit;
}

/**
 * Remembers which dead letters a person has put aside.
 *
 * Promise: what a call resolved for is durable (majority) and seen by the next `find` of every process.
 */
export interface ParkedLetters {
  /** Puts letters aside; one that is parked already keeps its place and gets the new audit. */
  park(
    letters: ReadonlyArray<LetterPosition & { readonly timestampMs: number }>,
    audit: Audit,
  ): Promise<void>;
  /** Takes letters back; @returns how many of them were parked. */
  unpark(positions: readonly LetterPosition[], audit: Audit): Promise<number>;
  /** Parked letters of a range of one partition, by offset. @param range - `to` is the first offset after it. */
  find(
    range: TopicPartition & { readonly from: Offset; readonly to: Offset },
  ): Promise<readonly ParkedLetter[]>;
}
