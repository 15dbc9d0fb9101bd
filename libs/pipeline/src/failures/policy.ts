import type { Backoff } from 'millrace/retry';
import { exponential } from 'millrace/retry';
import { delayMsOf } from './retry-delay';

/** Says whether a rule is about this error. Gets what the handler threw. */
export type ErrorMatcher = (error: unknown) => boolean;

/** No further try. */
export interface ToDeadLetter {
  readonly kind: 'dead-letter';
}

/** A try per retry topic, each after its delay; then the dead letter topic. Order is given up. */
export interface ToRetryTopic {
  readonly kind: 'retry-topic';
  /** Ascending; each is one retry topic; unit ms. */
  readonly delaysMs: readonly number[];
}

/** Tries again after a wait, in order; then what `then` says. */
export interface RetryInPlace {
  readonly kind: 'retry-in-place';
  /** The first try included; range 1-100. */
  readonly maxAttempts: number;
  readonly backoff: Backoff;
  readonly then: ToDeadLetter | ToRetryTopic;
}

/** Waits until a dependency answers; no attempt is counted. */
export interface PauseFor {
  readonly kind: 'pause';
  /** Name of a registered dependency; example `mongo`. */
  readonly dependency: string;
}

export type Reaction = RetryInPlace | ToRetryTopic | ToDeadLetter | PauseFor;

export interface PolicyRule {
  readonly matches: ErrorMatcher;
  readonly reaction: Reaction;
}

/** What a handler does about its errors, as data. Made by {@link policy}. */
export interface ErrorPolicy {
  readonly rules: readonly PolicyRule[];
  /** For data errors that no rule names. */
  readonly fallback: Reaction;
}

export const DEAD_LETTER: ToDeadLetter = Object.freeze({ kind: 'dead-letter' });

/** Full jitter from 200 ms to 10 s, 5 attempts, then the dead letter topic. */
export const DEFAULT_RETRY: RetryInPlace = Object.freeze({
  kind: 'retry-in-place',
  maxAttempts: 5,
  backoff: exponential({ initialMs: 200, maxMs: 10_000 }),
  then: DEAD_LETTER,
});

/** Waits in place of one record, all together; what would go beyond counts as exhausted; unit ms. */
export const IN_PLACE_BUDGET_MS = 30_000;

/** Delays of retry topics unless a policy names others. */
export const DEFAULT_RETRY_DELAYS = ['10s', '1m', '10m'] as const;

/** Used by handlers without `onError`. */
export const DEFAULT_POLICY: ErrorPolicy = Object.freeze({ rules: [], fallback: DEFAULT_RETRY });

/** A wait of a retry topic: `'500ms'`, `'10s'`, `'1m'`, `'2h'`, or a number of ms. */
export type RetryDelay = `${number}ms` | `${number}s` | `${number}m` | `${number}h` | number;

/** What happens to a record whose tries in place are used up. */
export interface ThenChoice<Next> {
  thenDeadLetter(): Next;
  /**
   * @param delays - ascending; default {@link DEFAULT_RETRY_DELAYS}.
   * @throws {PolicyInvalidError} POLICY_INVALID when they are not.
   */
  thenRetryTopic(...delays: readonly RetryDelay[]): Next;
}

/** The choice behind `when(...)` and `otherwise()`. */
export interface ReactionChoice<Next> {
  deadLetter(): Next;
  /** Waits behind the gate of a dependency, as for an error of infrastructure. */
  pause(dependency: string): Next;
  retryInPlace(options?: Partial<Pick<RetryInPlace, 'maxAttempts' | 'backoff'>>): ThenChoice<Next>;
  /** The same as `retryInPlace({ maxAttempts: 1 }).thenRetryTopic(...)`. */
  retryTopic(...delays: readonly RetryDelay[]): Next;
}

/** A policy that can still be refined; every step answers a new one. */
export interface PolicyBuilder extends ErrorPolicy {
  when(matches: ErrorMatcher): ReactionChoice<PolicyBuilder>;
  otherwise(): ReactionChoice<ErrorPolicy>;
}

/**
 * Builds an {@link ErrorPolicy}: rules are asked in order, the first match decides.
 *
 * Errors of infrastructure that no rule names never count as attempts, never go to a retry topic and
 * are never dead-lettered.
 *
 * @example
 * policy().when(isHttp5xx).retryInPlace({ maxAttempts: 3 }).thenRetryTopic('10s', '1m')
 *   .when(isDomainRule).deadLetter()
 *   .otherwise().retryInPlace().thenDeadLetter()
 */
export function policy(): PolicyBuilder {
  return builder(DEFAULT_POLICY);
}

/** The delays of all rules, ascending, each once: one retry topic each, numbered from 1; unit ms. */
export function retryDelaysOf({ rules, fallback }: ErrorPolicy): readonly number[] {
  const all = [...rules.map(({ reaction }) => reaction), fallback].flatMap(delaysMsOf);
  return [...new Set(all)].sort((a, b) => a - b);
}

/** The delays of one reaction; empty when it knows no retry topic; unit ms. */
export function delaysMsOf(reaction: Reaction): readonly number[] {
  if (reaction.kind === 'retry-in-place') return delaysMsOf(reaction.then);
  return reaction.kind === 'retry-topic' ? reaction.delaysMs : [];
}

function builder(made: ErrorPolicy): PolicyBuilder {
  return {
    ...made,
    when: (matches) =>
      choice((reaction) => builder({ ...made, rules: [...made.rules, { matches, reaction }] })),
    otherwise: () => choice((fallback) => ({ rules: made.rules, fallback })),
  };
}

function choice<Next>(next: (reaction: Reaction) => Next): ReactionChoice<Next> {
  return {
    deadLetter: () => next(DEAD_LETTER),
    pause: (dependency) => next({ kind: 'pause', dependency }),
    retryInPlace: (options = {}) => ({
      thenDeadLetter: () => next({ ...DEFAULT_RETRY, ...options }),
      thenRetryTopic: (...delays) =>
        next({ ...DEFAULT_RETRY, ...options, then: toRetryTopic(delays) }),
    }),
    retryTopic: (...delays) => next(toRetryTopic(delays)),
  };
}

function toRetryTopic(delays: readonly RetryDelay[]): ToRetryTopic {
  const named = delays.length === 0 ? DEFAULT_RETRY_DELAYS : delays;
  return { kind: 'retry-topic', delaysMs: delayMsOf(named) };
}
