import type { MillraceError } from 'millrace/errors';
import { recordContext } from 'millrace/logging';
import type { Clock, Random } from 'millrace/retry';
import { sleep } from 'millrace/retry';
import type { Breaker } from '../gates/breaker';
import type { Gates } from '../gates/gates';
import type { Handling } from '../handling/handling';
import { AnonymousFailure, NOT_HANDLED } from '../handling/handling';
import type { PipelineMetrics } from '../pipeline.metrics';
import type { Dependency } from '../ports/dependency';
import type { PipelineRecord } from '../records/pipeline-record';
import type { HandlingScope } from '../records/record-context';
import type { Tally } from '../records/tally';
import { classify } from './classification';
import type { DeadLetterReason, Failure, FailureOrigin } from './dead-letter.headers';
import type { DeadLetterWriter } from './dead-letter.writer';
import { FailureLog } from './failure-log';
import type { Failed, Pending, Plan } from './failure.plan';
import { FailurePlanner, firstTry } from './failure.plan';
import { FailureTopics } from './failure.topics';
import type { Line } from './line';
import { OPEN_LINE } from './line';
import type { ErrorPolicy } from './policy';
import type { RetryTopicWriter } from './retry-topic.writer';
import type { RetryTier } from './retry-topics';
import { Waits } from './waits';

export { DEAD_LETTER_DEPENDENCY } from './failure.topics';

export interface SettlementParts {
  readonly handling: Handling;
  readonly policy: ErrorPolicy;
  readonly deadLetters: Pick<DeadLetterWriter, 'write'>;
  /** Writes to the retry topics; without it a policy must not name any. */
  readonly retryTopics?: Pick<RetryTopicWriter, 'write'>;
  readonly tiers?: readonly RetryTier[];
  readonly origin: FailureOrigin;
  /** What a permanent failure of this target is called in the dead letter topic. */
  readonly permanentReason: Extract<DeadLetterReason, 'sink-rejected' | 'handler-permanent'>;
  readonly gates: Gates;
  readonly dependencies: ReadonlyMap<string, Dependency>;
  /** Dependencies that must answer before a call. */
  readonly needs?: readonly string[];
  readonly breaker?: Breaker | null;
  readonly line?: Line;
  /** Told each time that a record waits for an error of configuration or permission. */
  readonly onFatal?: (error: MillraceError) => void;
  readonly metrics: PipelineMetrics;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * The position is stored with the data: nothing behind a record that failed may be stored before it
   * has its outcome. Default false.
   */
  readonly storesInOrder?: boolean;
}

/**
 * Handles records and deals with what fails, until each has a durable outcome.
 *
 * Promises: an error of infrastructure waits and counts no attempt; a data error ends stored, in a
 * retry topic or in the dead letter topic, acknowledged; records keep their order between rounds.
 */
export class Settlement {
  private readonly log: FailureLog;
  private readonly planner: FailurePlanner;
  private readonly waits: Waits;
  private readonly topics: FailureTopics;
  private readonly observe: Readonly<Record<'ok' | 'failed', (seconds: number) => void>>;

  constructor(private readonly parts: SettlementParts) {
    const { tiers = [], permanentReason, clock, random } = parts;
    this.waits = new Waits(parts);
    this.log = new FailureLog(clock);
    const { pipeline } = parts.origin;
    const observerOf = (outcome: string) =>
      parts.metrics.handlerSeconds.observerOf({ pipeline, outcome });
    this.observe = { ok: observerOf('ok'), failed: observerOf('failed') };
    this.topics = new FailureTopics(
      { ...parts, line: parts.line ?? OPEN_LINE },
      this.waits,
      this.log,
    );
    this.planner = new FailurePlanner({
      tiers,
      permanentReason,
      clock,
      random,
      onRetry: (entry, error, place, of) => this.noteRetry(entry, error, place, of),
    });
  }

  /**
   * Resolves when each record has its outcome; what is on its way to be durable is in the tally.
   * Rejects only when the scope's signal fired.
   */
  async settle(
    records: readonly PipelineRecord[],
    scope: HandlingScope,
    tally: Tally,
  ): Promise<void> {
    const failed = await this.handleAll(records, null, scope, tally);
    if (failed.length > 0) await this.settleFailed(failed, scope, tally);
  }

  /** The same for one record; the usual case costs one promise of ours. */
  settleOne(record: PipelineRecord, scope: HandlingScope, tally: Tally): Promise<void> {
    const wait = this.waits.beforeCall(scope.signal);
    if (wait !== null) return wait.then(() => this.callOne(record, scope, tally));
    return this.callOne(record, scope, tally);
  }

  /** Sends dead letters on their way, waiting for the line as long as it takes. */
  async bury(failures: readonly Failure[], scope: HandlingScope, tally: Tally): Promise<void> {
    if (failures.length > 0) await this.topics.bury(failures, scope, tally);
  }

  private async callOne(record: PipelineRecord, scope: HandlingScope, tally: Tally): Promise<void> {
    const { handling, clock } = this.parts;
    const startedMs = clock.monotonicMs();
    const entry = firstTry(record);
    const [result] = await handling.handle([record], scope, entry.attempt);
    const seconds = (clock.monotonicMs() - startedMs) / 1_000;
    if (result !== undefined && 'outcome' in result) {
      tally.add(result.outcome);
      this.observe.ok(seconds);
      this.waits.afterCall([]);
      return;
    }
    this.observe.failed(seconds);
    const failed = [this.judge(entry, result?.error)];
    this.waits.afterCall(failed);
    scope.signal.throwIfAborted();
    await this.settleFailed(failed, scope, tally);
  }

  private async settleFailed(
    first: readonly Failed[],
    scope: HandlingScope,
    tally: Tally,
  ): Promise<void> {
    let failed = first;
    for (let round = 1; failed.length > 0; round += 1) {
      const plan = this.planner.plan(failed);
      await this.topics.postpone(plan.postponed, scope, tally);
      await this.bury(plan.dead, scope, tally);
      if (plan.halve.length > 0) await this.settleHalves(plan.halve, scope, tally);
      await this.wait(plan, scope, round);
      scope.signal.throwIfAborted();
      failed = await this.handleAgain(plan.again, scope, tally);
    }
  }

  private async wait(plan: Plan, scope: HandlingScope, round: number): Promise<void> {
    if (plan.wait !== null) await this.waits.behind(plan.wait, scope.signal, round);
    else if (plan.delayMs > 0) await sleep(this.parts.clock, plan.delayMs, scope.signal);
  }

  private async settleHalves(pending: readonly Pending[], scope: HandlingScope, tally: Tally) {
    const middle = Math.ceil(pending.length / 2);
    for (const half of [pending.slice(0, middle), pending.slice(middle)]) {
      const failed = await this.handleAgain(half, scope, tally);
      if (failed.length > 0) await this.settleFailed(failed, scope, tally);
    }
  }

  private async handleAgain(
    pending: readonly Pending[],
    scope: HandlingScope,
    tally: Tally,
  ): Promise<readonly Failed[]> {
    const [first] = pending;
    if (first === undefined) return [];
    if (this.parts.handling.unit === 'record') recordContext.set({ attempt: first.attempt });
    const records = pending.map(({ record }) => record);
    return this.handleAll(records, pending, scope, tally);
  }

  /**
   * Calls the handler for all of them: at once, or, after a gate was closed, in small slices first.
   *
   * @param pending - what is known from earlier rounds; null in the first.
   */
  private async handleAll(
    records: readonly PipelineRecord[],
    pending: readonly Pending[] | null,
    scope: HandlingScope,
    tally: Tally,
  ): Promise<readonly Failed[]> {
    const wait = this.waits.beforeCall(scope.signal);
    if (wait !== null) await wait;
    const limit = this.waits.sliceLimit();
    if (records.length <= limit) return this.handle(records, pending, scope, tally);
    const part = records.slice(0, limit);
    const failed = await this.handle(part, pending?.slice(0, limit) ?? null, scope, tally);
    const rest = records.slice(limit);
    const known = pending?.slice(limit) ?? null;
    const isHeld = this.parts.storesInOrder === true && failed.length > 0;
    if (isHeld || failed.some(({ verdict }) => verdict?.kind === 'wait')) {
      return [...failed, ...notReached(rest, known)];
    }
    return [...failed, ...(await this.handleAll(rest, known, scope, tally))];
  }

  private async handle(
    records: readonly PipelineRecord[],
    pending: readonly Pending[] | null,
    scope: HandlingScope,
    tally: Tally,
  ): Promise<readonly Failed[]> {
    const { handling, clock } = this.parts;
    const startedMs = clock.monotonicMs();
    const [firstRecord] = records;
    const attempt =
      pending?.[0]?.attempt ?? (firstRecord === undefined ? 1 : firstTry(firstRecord).attempt);
    const results = await handling.handle(records, scope, attempt);
    const failed: Failed[] = [];
    for (let index = 0; index < records.length; index += 1) {
      const result = results[index];
      const record = records[index];
      if (record === undefined || result === undefined) continue;
      if ('outcome' in result) tally.add(result.outcome);
      else failed.push(this.judge(pending?.[index] ?? firstTry(record), result.error));
    }
    const seconds = (clock.monotonicMs() - startedMs) / 1_000;
    (failed.length === 0 ? this.observe.ok : this.observe.failed)(seconds);
    this.waits.afterCall(failed);
    // After a revoke or a drain the answer of an abandoned call must not look like a failure.
    if (failed.length > 0) scope.signal.throwIfAborted();
    return failed;
  }

  private judge(entry: Pending, error: unknown): Failed {
    if (error === NOT_HANDLED_ERROR) return { ...entry, verdict: null, isAnonymous: false };
    const isAnonymous = error instanceof AnonymousFailure;
    const thrown = isAnonymous ? error.error : error;
    const { policy, dependencies } = this.parts;
    return { ...entry, verdict: classify(thrown, policy, dependencies.values()), isAnonymous };
  }

  private noteRetry(
    { record, attempt }: Failed,
    error: MillraceError,
    place: 'in_place' | 'retry_topic',
    of: number,
  ): void {
    const { metrics, origin } = this.parts;
    metrics.retries.inc({ pipeline: origin.pipeline, reason: areaOf(error), place });
    if (place === 'in_place') this.log.retry(record, error, attempt, of);
    else this.log.postponed(record, error, attempt);
  }
}

const NOT_HANDLED_ERROR = 'error' in NOT_HANDLED ? NOT_HANDLED.error : undefined;

function notReached(
  records: readonly PipelineRecord[],
  pending: readonly Pending[] | null,
): Failed[] {
  return records.map((record, index) => ({
    ...(pending?.[index] ?? firstTry(record)),
    verdict: null,
    isAnonymous: false,
  }));
}

/** Closed set of label values: the area of the code. */
const AREAS = ['SINK', 'TIMEOUT', 'KAFKA', 'TLS', 'HANDLER'] as const;

function areaOf(error: MillraceError): (typeof AREAS)[number] {
  const area = error.code.split('_', 1)[0];
  return AREAS.find((candidate) => candidate === area) ?? 'HANDLER';
}
