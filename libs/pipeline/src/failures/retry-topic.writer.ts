import type { Clock } from 'millrace/retry';
import type { ProducerPort } from '../ports/producer';
import type { Failure, FailureOrigin } from './dead-letter.headers';
import { failureHeaders } from './dead-letter.headers';
import { publishFailures } from './failure.publisher';
import type { RetryTier } from './retry-topics';

/** A record that is to be tried again later. */
export interface Postponed {
  readonly failure: Failure;
  readonly tier: RetryTier;
}

/**
 * Publishes records that may succeed later to the retry topic of their delay.
 *
 * Promise: resolves only after all in-sync replicas have every one of them, so that the caller may
 * then count their offsets as finished. Keys, values and original headers are kept byte for byte.
 */
export class RetryTopicWriter {
  constructor(
    private readonly producer: ProducerPort,
    private readonly clock: Clock,
  ) {}

  /**
   * @returns those that the topic can never take, because of their size.
   * @throws {DeadLetterUnavailableError} DEADLETTER_UNAVAILABLE when another one was not acknowledged.
   */
  async write(records: readonly Postponed[], origin: FailureOrigin): Promise<readonly Postponed[]> {
    const nowMs = this.clock.now();
    const letters = records.map(({ failure, tier: { topic, tier, delayMs } }) => ({
      topic,
      key: failure.record.key,
      value: failure.record.value,
      headers: failureHeaders(failure, origin, nowMs, {
        kind: 'retry',
        tier,
        dueAtMs: nowMs + delayMs,
      }),
    }));
    const refused = await publishFailures(this.producer, letters);
    return refused.map((index) => records[index] as Postponed);
  }
}
