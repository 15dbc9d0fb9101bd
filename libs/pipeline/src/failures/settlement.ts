import type { MillraceError } from 'millrace/errors';
import { recordContext } from 'millrace/logging';
import type { Clock, Random } from 'millrace/retry';
import { exponential, sleep } from 'millrace/retry';
import { classify } from './classification';
import type { DeadLetterReason, Failure, FailureOrigin } from './dead-letter.headers';
import type { DeadLetterWriter } from './dead-letter.writer';
import type { Dependency } from '../ports/dependency';
import { FailureLog } from './failure-log';
import type { Gates } from '../gates/gates';
import type { Handling } from '../handling/handling';
import { AnonymousFailure, NOT_HANDLED } from '../handling/handling';
import { DeadLetterUnavailableError } from '../pipeline.errors';
import type { PipelineMetrics } from '../pipeline.metrics';
import { labelOf } from '../pipeline.metrics';
import type { PipelineRecord } from '../records/pipeline-record';
import type { ErrorPolicy } from './policy';
import type { HandlingScope } from '../records/record-context';
import type { OutcomeCounts } from '../lanes/slice.worker';

/** The gate that keeps records waiting while a dead letter topic cannot be written to. */
export const DEAD_LETTER_DEPENDENCY = 'dead-letter';

export interface SettlementParts {
  readonly handling: Handling;
  readonly policy: ErrorPolicy;
  readonly deadLetters: DeadLetterWriter;
  readonly origin: FailureOrigin;
  /** What a permanent failure of this target is called in the dead letter topic. */
  readonly permanentReason: Extract<DeadLetterReason, 'sink-rejected' | 'handler-permanent'>;
  readonly gates: Gates;
  readonly dependencies: ReadonlyMap<string, Dependency>;
  readonly metrics: PipelineMetrics;
  readonly clock: Clock;
  readonly random: Random;
}

interface Pending {
  readonly record: PipelineRecord;
  readonly attempt: number;
  readonly firstFailedAtMs: number | null;
}

interface Failed extends Pending {
  readonly error: unknown;
}

/** What one round of failures asks for. */
interface Plan {
  readonly again: Pending[];
  readonly halve: Pending[];
  readonly dead: Failure[];
  wait: { readonly error: MillraceError; readonly dependency: string | null } | null;
  delayMs: number;
}

const UNPROBED_WAIT = exponential({ initialMs: 500, maxMs: 10_000 });

/**
 * Handles records and deals with what fails, until each has a durable outcome.
 *
 * Promises: an error of infrastructure waits and counts no attempt; a data error ends stored or in
 * the dead letter topic, acknowledged; records keep their order between rounds.
 */
export class Settlement {
  private readonly log = new FailureLog();

  constructor(private readonly parts: SettlementParts) {}

  /** Rejects only when the scope's signal fired. */
  async settle(
    records: readonly PipelineRecord[],
    scope: HandlingScope,
    counts: OutcomeCounts,
  ): Promise<void> {
    const failed = await this.handle(records, scope, counts, null);
    if (failed.length > 0) await this.settleFailed(failed, scope, counts);
  }

  /** Publishes dead letters, waiting for the topic as long as it takes. */
  async bury(
    failures: readonly Failure[],
    scope: HandlingScope,
    counts: OutcomeCounts,
  ): Promise<void> {
    if (failures.length === 0) return;
    const { deadLetters, origin, metrics, clock, random } = this.parts;
    for (let attempt = 1; ; attempt += 1) {
      scope.signal.throwIfAborted();
      try {
        await deadLetters.write(failures, origin);
        break;
      } catch (error) {
        if (!(error instanceof DeadLetterUnavailableError)) throw error;
        metrics.deadLetterFailures.inc({ pipeline: origin.pipeline });
        await this.waitFor({ error, dependency: DEAD_LETTER_DEPENDENCY }, scope);
        if (attempt > 1) await sleep(clock, UNPROBED_WAIT.delayMs(attempt, random), scope.signal);
      }
    }
    counts['dead-letter'] = (counts['dead-letter'] ?? 0) + failures.length;
    this.reportDeadLetters(failures);
  }

  private async settleFailed(
    first: readonly Failed[],
    scope: HandlingScope,
    counts: OutcomeCounts,
  ): Promise<void> {
    let failed = first;
    for (let round = 1; failed.length > 0; round += 1) {
      const plan = this.plan(failed);
      await this.bury(plan.dead, scope, counts);
      if (plan.halve.length > 0) await this.settleHalves(plan.halve, scope, counts);
      if (plan.wait !== null) await this.waitFor(plan.wait, scope, round);
      else if (plan.delayMs > 0) await sleep(this.parts.clock, plan.delayMs, scope.signal);
      scope.signal.throwIfAborted();
      failed = await this.handleAgain(plan.again, scope, counts);
    }
  }

  private async settleHalves(
    pending: readonly Pending[],
    scope: HandlingScope,
    counts: OutcomeCounts,
  ) {
    const middle = Math.ceil(pending.length / 2);
    for (const half of [pending.slice(0, middle), pending.slice(middle)]) {
      const failed = await this.handleAgain(half, scope, counts);
      if (failed.length > 0) await this.settleFailed(failed, scope, counts);
    }
  }

  private async handleAgain(
    pending: readonly Pending[],
    scope: HandlingScope,
    counts: OutcomeCounts,
  ): Promise<readonly Failed[]> {
    const [first] = pending;
    if (first === undefined) return [];
    if (this.parts.handling.unit === 'record') recordContext.set({ attempt: first.attempt });
    const records = pending.map(({ record }) => record);
    return this.handle(records, scope, counts, pending);
  }

  /** @param pending - what is known from earlier rounds; null in the first. */
  private async handle(
    records: readonly PipelineRecord[],
    scope: HandlingScope,
    counts: OutcomeCounts,
    pending: readonly Pending[] | null,
  ): Promise<readonly Failed[]> {
    const { handling, metrics, clock, origin } = this.parts;
    const startedMs = clock.monotonicMs();
    const results = await handling.handle(records, scope, pending?.[0]?.attempt ?? 1);
    const failed: Failed[] = [];
    for (let index = 0; index < records.length; index += 1) {
      const result = results[index];
      const record = records[index];
      if (record === undefined || result === undefined) continue;
      if ('outcome' in result) {
        counts[result.outcome] = (counts[result.outcome] ?? 0) + 1;
      } else {
        const known = pending?.[index] ?? { record, attempt: 1, firstFailedAtMs: null };
        failed.push({ ...known, error: result.error });
      }
    }
    metrics.handlerSeconds.observe(
      { pipeline: origin.pipeline, outcome: failed.length === 0 ? 'ok' : 'failed' },
      (clock.monotonicMs() - startedMs) / 1_000,
    );
    // After a revoke or a drain the answer of an abandoned call must not look like a failure.
    if (failed.length > 0) scope.signal.throwIfAborted();
    return failed;
  }

  private plan(failed: readonly Failed[]): Plan {
    const plan: Plan = { again: [], halve: [], dead: [], wait: null, delayMs: 0 };
    for (const entry of failed) {
      if (entry.error === NOT_HANDLED_ERROR) plan.again.push(entry);
      else this.planOne(entry, plan);
    }
    return plan;
  }

  private planOne(entry: Failed, plan: Plan): void {
    const { policy, dependencies, metrics, origin, random, clock } = this.parts;
    const isAnonymous = entry.error instanceof AnonymousFailure;
    const thrown = isAnonymous ? entry.error.error : entry.error;
    const verdict = classify(thrown, policy, dependencies.values());
    const failedBefore = { ...entry, firstFailedAtMs: entry.firstFailedAtMs ?? clock.now() };
    if (verdict.kind === 'wait') {
      plan.wait = verdict;
      plan.again.push(entry);
    } else if (isAnonymous) {
      plan.halve.push(failedBefore);
    } else if (verdict.reaction.kind === 'dead-letter') {
      plan.dead.push(failureOf(failedBefore, verdict.error, this.parts.permanentReason));
    } else if (entry.attempt >= verdict.reaction.maxAttempts) {
      plan.dead.push(failureOf(failedBefore, verdict.error, 'attempts-exhausted'));
    } else {
      metrics.retries.inc({
        pipeline: origin.pipeline,
        reason: areaOf(verdict.error),
        place: 'in_place',
      });
      this.log.retry(entry.record, verdict.error, entry.attempt, verdict.reaction.maxAttempts);
      plan.delayMs = Math.max(
        plan.delayMs,
        verdict.reaction.backoff.delayMs(entry.attempt, random),
      );
      plan.again.push({ ...failedBefore, attempt: entry.attempt + 1 });
    }
  }

  private async waitFor(
    wait: NonNullable<Plan['wait']>,
    scope: HandlingScope,
    round = 1,
  ): Promise<void> {
    const { gates, clock, random } = this.parts;
    const gate = wait.dependency === null ? undefined : gates.find(wait.dependency);
    await gate?.waitBehind(wait.error, scope.signal);
    // Without a probe, or when the probe says yes and the write says no, only time helps.
    if (gate === undefined || round > 1) {
      await sleep(clock, UNPROBED_WAIT.delayMs(round, random), scope.signal);
    }
  }

  private reportDeadLetters(failures: readonly Failure[]): void {
    const { metrics, origin } = this.parts;
    for (const { source, reason } of failures) {
      const labels = { pipeline: origin.pipeline, topic: source.topic, reason: labelOf(reason) };
      metrics.deadLetters.inc(labels);
    }
    this.log.deadLetters(failures);
  }
}

const NOT_HANDLED_ERROR = 'error' in NOT_HANDLED ? NOT_HANDLED.error : undefined;

function failureOf(
  entry: Pending & { readonly firstFailedAtMs: number },
  error: MillraceError,
  reason: DeadLetterReason,
): Failure {
  const { record, attempt, firstFailedAtMs } = entry;
  const { topic, partition, raw, eventId } = record;
  const source = { topic, partition };
  return { record: raw, source, reason, error, attempts: attempt, firstFailedAtMs, eventId };
}

/** Closed set of label values: the area of the code. */
const AREAS = ['SINK', 'TIMEOUT', 'KAFKA', 'TLS', 'HANDLER'] as const;

function areaOf(error: MillraceError): (typeof AREAS)[number] {
  const area = error.code.split('_', 1)[0];
  return AREAS.find((candidate) => candidate === area) ?? 'HANDLER';
}
