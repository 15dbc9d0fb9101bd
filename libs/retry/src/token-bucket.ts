import type { Clock } from './clock';
import { RetryOptionsInvalidError } from './retry.errors';

/** Options of {@link TokenBucket}. */
export interface TokenBucketOptions {
  /** Tokens that flow in; unit tokens per second; above 0. */
  readonly ratePerSecond: number;
  /** Size of the bucket, full at the start; unit tokens; from 1. */
  readonly burst: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/**
 * Bounds a rate: over any time t at most `burst + ratePerSecond * t` tokens are handed out.
 *
 * It never waits and never refuses: it lends the tokens and says how long to wait before using
 * them, so callers are served in the order in which they asked.
 */
export class TokenBucket {
  private readonly ratePerMs: number;
  private tokens: number;
  private readAtMs: number;

  /** @throws {RetryOptionsInvalidError} RETRY_OPTIONS_INVALID when rate or burst cannot work. */
  constructor(private readonly options: TokenBucketOptions) {
    const { ratePerSecond, burst, clock } = options;
    if (!(ratePerSecond > 0) || !Number.isFinite(ratePerSecond) || !(burst >= 1)) {
      throw new RetryOptionsInvalidError({
        message: 'ratePerSecond must be above 0 and burst must be 1 or more',
      });
    }
    this.ratePerMs = ratePerSecond / 1000;
    this.tokens = burst;
    this.readAtMs = clock.monotonicMs();
  }

  /**
   * Takes tokens.
   *
   * @param count - unit tokens; may be larger than the burst: the debt is waited for.
   * @returns the wait before they may be used; unit ms; 0 = now.
   */
  take(count: number): number {
    const nowMs = this.options.clock.monotonicMs();
    const gained = (nowMs - this.readAtMs) * this.ratePerMs;
    this.readAtMs = nowMs;
    this.tokens = Math.min(this.options.burst, this.tokens + gained) - count;
    return this.tokens >= 0 ? 0 : Math.ceil(-this.tokens / this.ratePerMs);
  }
}
