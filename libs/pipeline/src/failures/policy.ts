import type { Backoff } from 'millrace/retry';
import { exponential } from 'millrace/retry';

/** Says whether a rule is about this error. Gets what the handler threw. */
export type ErrorMatcher = (error: unknown) => boolean;

/** Tries again after a wait, in order; then the dead letter topic. */
export interface RetryInPlace {
  readonly kind: 'retry-in-place';
  /** The first try included; range 1-100. */
  readonly maxAttempts: number;
  readonly backoff: Backoff;
}

export type Reaction = RetryInPlace | { readonly kind: 'dead-letter' };

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

/** Full jitter from 200 ms to 10 s, 5 attempts, then the dead letter topic. */
export const DEFAULT_RETRY: RetryInPlace = Object.freeze({
  kind: 'retry-in-place',
  maxAttempts: 5,
  backoff: exponential({ initialMs: 200, maxMs: 10_000 }),
});

/** Used by handlers without `onError`. */
export const DEFAULT_POLICY: ErrorPolicy = Object.freeze({ rules: [], fallback: DEFAULT_RETRY });

/** The choice behind `when(...)` and `otherwise()`. */
export interface ReactionChoice<Next> {
  deadLetter(): Next;
  retryInPlace(options?: Partial<Pick<RetryInPlace, 'maxAttempts' | 'backoff'>>): {
    thenDeadLetter(): Next;
  };
}

/** A policy that can still be refined; every step answers a new one. */
export interface PolicyBuilder extends ErrorPolicy {
  when(matches: ErrorMatcher): ReactionChoice<PolicyBuilder>;
  otherwise(): ReactionChoice<ErrorPolicy>;
}

/**
 * Builds an {@link ErrorPolicy}: rules are asked in order, the first match decides.
 *
 * Errors of infrastructure that no rule names never count as attempts and are never dead-lettered.
 *
 * @example
 * policy().when(isDomainRule).deadLetter()
 *   .otherwise().retryInPlace({ maxAttempts: 3 }).thenDeadLetter()
 */
export function policy(): PolicyBuilder {
  return builder(DEFAULT_POLICY);
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
    deadLetter: () => next({ kind: 'dead-letter' }),
    retryInPlace: (options = {}) => ({
      thenDeadLetter: () => next({ ...DEFAULT_RETRY, ...options }),
    }),
  };
}
