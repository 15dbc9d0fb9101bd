import type { Clock } from 'millrace/retry';
import type { Failure, FailureOrigin } from './dead-letter.headers';
import { DEAD_LETTER_HEADERS, deadLetterHeaders, deadLetterTopicOf } from './dead-letter.headers';
import type { OutgoingRecord, ProducerPort } from '../ports/driver';
import { DeadLetterUnavailableError } from '../pipeline.errors';

const PUBLISH_DEADLINE_MS = 10_000;
const TRUNCATED_BYTES = 1_024;

/**
 * Publishes records that can never succeed to the dead letter topic of their source topic.
 *
 * Promise: resolves only after all in-sync replicas have every one of them, so that the caller may
 * then count their offsets as finished. Publishing twice is possible after a crash: readers of the
 * topic must tolerate duplicates. Keys and values are kept byte for byte.
 */
export class DeadLetterWriter {
  constructor(
    private readonly producer: ProducerPort,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws {DeadLetterUnavailableError} DEADLETTER_UNAVAILABLE when one was not acknowledged; retryable: yes.
   */
  async write(failures: readonly Failure[], origin: FailureOrigin): Promise<void> {
    if (failures.length === 0) return;
    const nowMs = this.clock.now();
    const letters = failures.map((failure) => letterOf(failure, origin, nowMs));
    const refused = await this.publish(letters, 'may be refused');
    if (refused.length > 0) await this.publish(refused.map(truncated), 'must fit');
  }

  /** @returns the letters that no broker will take because of their size. */
  private async publish(
    letters: readonly OutgoingRecord[],
    size: 'may be refused' | 'must fit',
  ): Promise<readonly OutgoingRecord[]> {
    const results = await this.producer.publish(letters, { deadlineMs: PUBLISH_DEADLINE_MS });
    const refused: OutgoingRecord[] = [];
    for (const [index, letter] of letters.entries()) {
      const result = results[index];
      if (result?.status === 'acked') continue;
      const isPermanent = result?.status === 'failed' && result.error.failure === 'permanent';
      if (isPermanent && size === 'may be refused') {
        refused.push(letter);
        continue;
      }
      throw new DeadLetterUnavailableError({
        message: `${letter.topic} cannot be written to: ${result?.error.message ?? 'no answer'}`,
        cause: result?.error,
      });
    }
    return refused;
  }
}

function letterOf(failure: Failure, origin: FailureOrigin, nowMs: number): OutgoingRecord {
  return {
    topic: deadLetterTopicOf(failure.source.topic),
    partition: failure.source.partition,
    key: failure.record.key,
    value: failure.record.value,
    headers: deadLetterHeaders(failure, origin, nowMs),
  };
}

/** The operator reads the rest from the source topic: the original position is in the headers. */
function truncated(letter: OutgoingRecord): OutgoingRecord {
  const { truncated: cut, originalSize } = DEAD_LETTER_HEADERS;
  return {
    ...letter,
    value: letter.value === null ? null : letter.value.subarray(0, TRUNCATED_BYTES),
    headers: [
      // A record that was redriven may bring them along from its first dead letter.
      ...letter.headers.filter(([name]) => name !== cut && name !== originalSize),
      [cut, Buffer.from('value')],
      [originalSize, Buffer.from(String(letter.value?.length ?? 0))],
    ],
  };
}
