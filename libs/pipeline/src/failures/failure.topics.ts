import type { MillraceError } from 'millrace/errors';
import type { Clock, Random } from 'millrace/retry';
import { exponential, sleep } from 'millrace/retry';
import { DeadLetterUnavailableError } from '../pipeline.errors';
import type { PipelineMetrics } from '../pipeline.metrics';
import { labelOf } from '../pipeline.metrics';
import type { HandlingScope } from '../records/record-context';
import type { Tally } from '../records/tally';
import type { Failure, FailureOrigin } from './dead-letter.headers';
import type { DeadLetterWriter } from './dead-letter.writer';
import type { FailureLog } from './failure-log';
import type { Line } from './line';
import type { Postponed, RetryTopicWriter } from './retry-topic.writer';
import type { Waits } from './waits';

/** The gate that keeps records waiting while a dead letter or retry topic cannot be written to. */
export const DEAD_LETTER_DEPENDENCY = 'dead-letter';

export interface FailureTopicsParts {
  readonly deadLetters: Pick<DeadLetterWriter, 'write'>;
  readonly retryTopics?: Pick<RetryTopicWriter, 'write'>;
  readonly origin: FailureOrigin;
  readonly line: Line;
  readonly metrics: PipelineMetrics;
  readonly clock: Clock;
  readonly random: Random;
  /** A later record may not be stored before these are durable; default false. */
  readonly storesInOrder?: boolean;
}

/** For letters that nobody waits for: one request for several costs less than one for each. */
const LINGER_MS = 50;

const AGAIN = exponential({ initialMs: 500, maxMs: 10_000 });

/**
 * Brings failed records to their topics, trying for as long as it takes.
 *
 * Promise: a slice counts as finished only after all in-sync replicas have each of them. Nobody
 * waits for a dead letter on the spot: its record has no later try that others could overtake.
 */
export class FailureTopics {
  constructor(
    private readonly parts: FailureTopicsParts,
    private readonly waits: Waits,
    private readonly log: FailureLog,
  ) {}

  /** Sends dead letters on their way; the line may stop before one of them. */
  async bury(failures: readonly Failure[], scope: HandlingScope, tally: Tally): Promise<void> {
    // Behind a topic that takes nothing no more of them pile up.
    await this.waits.whenOpen(DEAD_LETTER_DEPENDENCY, scope.signal);
    for (let at = 0; at < failures.length;) {
      const admitted = await this.parts.line.admit(failures.slice(at), scope);
      const part = failures.slice(at, at + Math.max(1, admitted));
      tally.add('dead-letter', part.length);
      const written = this.writeLetters(part, scope);
      tally.follow(written);
      if (this.parts.storesInOrder === true) await written;
      at += part.length;
    }
  }

  /** Publishes to retry topics; what a topic can never take becomes a dead letter. */
  async postpone(records: readonly Postponed[], scope: HandlingScope, tally: Tally): Promise<void> {
    const { retryTopics, origin } = this.parts;
    if (records.length === 0) return;
    // Without retry topics there is no later: what would go there is exhausted.
    const refused =
      retryTopics === undefined
        ? records
        : await this.untilTaken(scope, () => retryTopics.write(records, origin));
    const taken = records.length - refused.length;
    if (taken > 0) tally.add('retry', taken);
    if (refused.length === 0) return;
    const failures = refused.map(({ failure }) => failure);
    await this.bury(failures, scope, tally);
  }

  private async writeLetters(failures: readonly Failure[], scope: HandlingScope): Promise<void> {
    const { deadLetters, origin, storesInOrder } = this.parts;
    const lingerMs = storesInOrder === true ? undefined : LINGER_MS;
    await this.untilTaken(scope, () => deadLetters.write(failures, origin, lingerMs));
    this.report(failures);
  }

  private async untilTaken<T>(scope: HandlingScope, write: () => Promise<T>): Promise<T> {
    const { metrics, origin, clock, random } = this.parts;
    for (let attempt = 1; ; attempt += 1) {
      scope.signal.throwIfAborted();
      try {
        const answer = await write();
        if (attempt > 1) this.waits.passed(DEAD_LETTER_DEPENDENCY);
        return answer;
      } catch (error) {
        scope.signal.throwIfAborted();
        metrics.deadLetterFailures.inc({ pipeline: origin.pipeline });
        const wait = { error: unavailable(error), dependency: DEAD_LETTER_DEPENDENCY };
        await this.waits.until(wait, scope.signal);
        if (attempt > 1) await sleep(clock, AGAIN.delayMs(attempt, random), scope.signal);
      }
    }
  }

  private report(failures: readonly Failure[]): void {
    const { metrics, origin } = this.parts;
    for (const { source, reason } of failures) {
      const labels = { pipeline: origin.pipeline, topic: source.topic, reason: labelOf(reason) };
      metrics.deadLetters.inc(labels);
    }
    this.log.deadLetters(failures);
  }
}

/** Whatever it is, it is no outcome: the letter is written again. */
function unavailable(error: unknown): MillraceError {
  if (error instanceof DeadLetterUnavailableError) return error;
  const message = `a letter was not written: ${error instanceof Error ? error.message : String(error)}`;
  return new DeadLetterUnavailableError({ message, cause: error });
}
