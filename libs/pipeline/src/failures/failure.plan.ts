import type { MillraceError } from 'millrace/errors';
import type { Clock, Random } from 'millrace/retry';
import type { PipelineRecord } from '../records/pipeline-record';
import type { Verdict } from './classification';
import type { DeadLetterReason, Failure } from './dead-letter.headers';
import type { Reaction, RetryInPlace } from './policy';
import { IN_PLACE_BUDGET_MS, delaysMsOf } from './policy';
import type { Postponed } from './retry-topic.writer';
import type { RetryTier } from './retry-topics';

/** A record on its way to an outcome. */
export interface Pending {
  readonly record: PipelineRecord;
  /** The try that comes next, over all stages; 1 = the first. */
  readonly attempt: number;
  readonly firstFailedAtMs: number | null;
  /** Waits in place so far; unit ms. */
  readonly waitedMs: number;
}

/** A record whose try did not end in an outcome; without a verdict it was not reached. */
export interface Failed extends Pending {
  readonly verdict: Verdict | null;
  /** The call failed and did not say which record of it. */
  readonly isAnonymous: boolean;
}

/** What one round of failures asks for. */
export interface Plan {
  readonly again: Pending[];
  readonly halve: Pending[];
  readonly dead: Failure[];
  readonly postponed: Postponed[];
  wait: { readonly error: MillraceError; readonly dependency: string | null } | null;
  delayMs: number;
}

export interface PlannerParts {
  readonly tiers: readonly RetryTier[];
  /** What a permanent failure of this target is called in the dead letter topic. */
  readonly permanentReason: Extract<DeadLetterReason, 'sink-rejected' | 'handler-permanent'>;
  readonly clock: Clock;
  readonly random: Random;
  /** A record will be tried again. */
  readonly onRetry: (
    entry: Failed,
    error: MillraceError,
    place: 'in_place' | 'retry_topic',
    of: number,
  ) => void;
}

/** A record as it comes to its handler. */
export function firstTry(record: PipelineRecord): Pending {
  const { first } = record;
  const attempt = (first?.attempts ?? 0) + 1;
  return { record, attempt, firstFailedAtMs: first?.failedAtMs ?? null, waitedMs: 0 };
}

/** Decides what becomes of failed records. Changes nothing itself. */
export class FailurePlanner {
  constructor(private readonly parts: PlannerParts) {}

  plan(failed: readonly Failed[]): Plan {
    const plan: Plan = { again: [], halve: [], dead: [], postponed: [], wait: null, delayMs: 0 };
    for (const entry of failed) {
      const { verdict } = entry;
      if (verdict === null) plan.again.push(entry);
      else if (verdict.kind === 'wait') {
        plan.wait = verdict;
        plan.again.push(entry);
      } else {
        const failedAtMs = entry.firstFailedAtMs ?? this.parts.clock.now();
        const known = { ...entry, firstFailedAtMs: failedAtMs };
        if (entry.isAnonymous) plan.halve.push(known);
        else this.react(known, verdict.error, verdict.reaction, plan);
      }
    }
    return plan;
  }

  private react(entry: KnownFailure, error: MillraceError, reaction: Reaction, plan: Plan): void {
    switch (reaction.kind) {
      case 'dead-letter':
        plan.dead.push(failureOf(entry, error, this.parts.permanentReason));
        return;
      case 'retry-topic':
        this.postpone(entry, error, reaction, plan);
        return;
      case 'retry-in-place':
        this.retryInPlace(entry, error, reaction, plan);
        return;
      case 'pause':
        // Classification has made a wait of it.
        plan.again.push(entry);
        return;
      default:
        reaction satisfies never;
    }
  }

  private retryInPlace(
    entry: KnownFailure,
    error: MillraceError,
    reaction: RetryInPlace,
    plan: Plan,
  ): void {
    const { first } = entry.record;
    // In a retry topic each topic is one try: its wait was the backoff.
    const isStage = first !== undefined && reaction.then.kind === 'retry-topic';
    const tries = entry.attempt - (first?.attempts ?? 0);
    const delayMs = reaction.backoff.delayMs(tries, this.parts.random);
    const isOver = tries >= reaction.maxAttempts || entry.waitedMs + delayMs > IN_PLACE_BUDGET_MS;
    if (isStage || isOver) {
      this.postpone(entry, error, reaction, plan);
      return;
    }
    this.parts.onRetry(entry, error, 'in_place', reaction.maxAttempts);
    plan.delayMs = Math.max(plan.delayMs, delayMs);
    plan.again.push({
      ...entry,
      attempt: entry.attempt + 1,
      waitedMs: entry.waitedMs + delayMs,
    });
  }

  /** To the next retry topic of the reaction, or, behind the last, to the dead letter topic. */
  private postpone(
    entry: KnownFailure,
    error: MillraceError,
    reaction: Reaction,
    plan: Plan,
  ): void {
    const { tiers } = this.parts;
    const behind = entry.record.retryTier ?? 0;
    const delays = delaysMsOf(reaction);
    const next = tiers.find(({ tier, delayMs }) => tier > behind && delays.includes(delayMs));
    const failure = failureOf(entry, error, 'attempts-exhausted');
    if (next === undefined) {
      plan.dead.push(failure);
      return;
    }
    this.parts.onRetry(entry, error, 'retry_topic', delays.length);
    plan.postponed.push({ failure, tier: next });
  }
}

type KnownFailure = Failed & { readonly firstFailedAtMs: number };

function failureOf(entry: KnownFailure, error: MillraceError, reason: DeadLetterReason): Failure {
  const { record, attempt, firstFailedAtMs } = entry;
  const { topic, partition, raw, eventId, first } = record;
  const source = { topic, partition };
  return { record: raw, source, reason, error, attempts: attempt, firstFailedAtMs, eventId, first };
}
