import type { Clock } from 'millrace/retry';
import type { OutgoingRecord, ProducerPort } from '../ports/producer';
import { DeadLetterUnavailableError } from '../pipeline.errors';
import type { Failure, FailureOrigin } from './dead-letter.headers';
import { deadLetterTopicOf, failureHeaders } from './dead-letter.headers';
import { CUTS, publishFailures } from './failure.publisher';

/**
 * Publishes records that can never succeed to the dead letter topic of their source topic.
 *
 * Promise: resolves only after all in-sync replicas have every one of them, so that the caller may
 * then count their offsets as finished. Publishing twice is possible after a crash: readers of the
 * topic must tolerate duplicates. Keys and values are kept byte for byte; what no broker would take
 * is cut, and says so.
 */
export class DeadLetterWriter {
  constructor(
    private readonly producer: ProducerPort,
    private readonly clock: Clock,
  ) {}

  /**
   * @param lingerMs - how long they may wait for others; default: the producer's; unit ms.
   * @throws {DeadLetterUnavailableError} DEADLETTER_UNAVAILABLE when one was not acknowledged; retryable: yes.
   */
  async write(
    failures: readonly Failure[],
    origin: FailureOrigin,
    lingerMs?: number,
  ): Promise<void> {
    if (failures.length === 0) return;
    const nowMs = this.clock.now();
    let letters = failures.map((failure) => letterOf(failure, origin, nowMs));
    for (const cut of [...CUTS, null]) {
      const refused = await publishFailures(this.producer, letters, lingerMs);
      letters = refused.map((index) => letters[index]).filter(isLetter);
      if (letters.length === 0) return;
      if (cut === null) break;
      letters = letters.map(cut);
    }
    throw new DeadLetterUnavailableError({
      message: `${letters[0]?.topic} takes not even the headers of a dead letter: raise its max.message.bytes`,
    });
  }
}

const isLetter = (letter: OutgoingRecord | undefined): letter is OutgoingRecord =>
  letter !== undefined;

function letterOf(failure: Failure, origin: FailureOrigin, nowMs: number): OutgoingRecord {
  return {
    // By key, not by partition: the topic may have fewer partitions than its source has by now.
    topic: deadLetterTopicOf(origin.topic ?? failure.first?.topic ?? failure.source.topic),
    key: failure.record.key,
    value: failure.record.value,
    headers: failureHeaders(failure, origin, nowMs),
  };
}
