import type { Random } from './clock';
import { RetryOptionsInvalidError } from './retry.errors';

/** How a wait is spread; closed set. `full` = anywhere between 0 and the wait. */
export const JITTERS = ['full', 'none'] as const;
export type Jitter = (typeof JITTERS)[number];

/**
 * Says how long to wait between attempts. An immutable value: it counts nothing, so one may serve
 * every record.
 */
export interface Backoff {
  /**
   * @param attempt - the attempt that has just failed, from 1.
   * @param random - spreads the wait; not called without jitter.
   * @returns unit ms, a whole number, never above {@link Backoff.capMs}.
   */
  delayMs(attempt: number, random: Random): number;
  /** The longest possible wait after this attempt; never falls when the attempt rises; unit ms. */
  capMs(attempt: number): number;
}

/** Options of {@link exponential}. */
export interface ExponentialOptions {
  /** Longest wait after the first attempt; unit ms; from 0. Default 200. */
  readonly initialMs?: number;
  /** Longest wait of all; unit ms; not below `initialMs`. Default 10 000. */
  readonly maxMs?: number;
  /** Growth from one attempt to the next; from 1. Default 2. */
  readonly factor?: number;
  /** Default `full`: waits of many processes do not line up. */
  readonly jitter?: Jitter;
}

/** What {@link exponential} does without options. */
export const EXPONENTIAL_DEFAULTS = Object.freeze({
  initialMs: 200,
  maxMs: 10_000,
  factor: 2,
  jitter: 'full',
} as const satisfies Required<ExponentialOptions>);

/**
 * Waits that grow by a factor up to a limit.
 *
 * @throws {RetryOptionsInvalidError} RETRY_OPTIONS_INVALID when the numbers cannot work together.
 */
export function exponential(options: ExponentialOptions = {}): Backoff {
  const { initialMs, maxMs, factor, jitter } = { ...EXPONENTIAL_DEFAULTS, ...options };
  refuse([
    [!(initialMs >= 0) || !Number.isFinite(initialMs), 'initialMs must be a number from 0'],
    [!(maxMs >= initialMs) || !Number.isFinite(maxMs), 'maxMs must not be below initialMs'],
    [!(factor >= 1) || !Number.isFinite(factor), 'factor must be a number from 1'],
  ]);
  const capMs = (attempt: number) =>
    // A zero start would meet an infinite power: 0 * Infinity is not a number.
    initialMs === 0 ? 0 : Math.floor(Math.min(maxMs, initialMs * factor ** (attempt - 1)));
  return Object.freeze({
    capMs,
    delayMs: (attempt: number, random: Random) =>
      jitter === 'none' ? capMs(attempt) : Math.floor(random() * (capMs(attempt) + 1)),
  });
}

/**
 * The same wait after every attempt, without jitter.
 *
 * @param ms - unit ms, from 0.
 * @throws {RetryOptionsInvalidError} RETRY_OPTIONS_INVALID when it is negative or not a number.
 */
export function constant(ms: number): Backoff {
  refuse([[!(ms >= 0) || !Number.isFinite(ms), 'ms must be a number from 0']]);
  const wait = Math.floor(ms);
  return Object.freeze({ capMs: () => wait, delayMs: () => wait });
}

function refuse(rules: ReadonlyArray<readonly [isBroken: boolean, problem: string]>): void {
  const problems = rules.filter(([isBroken]) => isBroken).map(([, problem]) => problem);
  if (problems.length > 0) {
    throw new RetryOptionsInvalidError({ message: problems.join('; '), facts: { problems } });
  }
}
