/** The part of a clock that the life cycle needs; `Clock` of millrace/retry fits. */
export interface LifecycleClock {
  /** Unit ms since an arbitrary start; never goes backwards. */
  monotonicMs(): number;
  /** Calls back once after `delayMs`; the answer cancels it. */
  setTimer(callback: () => void, delayMs: number): () => void;
}

/** Budgets of the shutdown and the time source of {@link Lifecycle}. */
export interface LifecycleOptions {
  /** How long HTTP goes on after readiness failed, beside the drain; unit ms. Default 0. */
  readonly readinessLagMs?: number;
  /** Longest drain of all participants together; unit ms. Default 25 500. */
  readonly drainBudgetMs?: number;
  /** Longest close of all participants together; unit ms. Default 10 000. */
  readonly closeBudgetMs?: number;
  /** Default: the real clock. */
  readonly clock?: LifecycleClock;
  /** Spreads the intervals of connect attempts; answers in [0, 1). Default: Math.random. */
  readonly random?: () => number;
}

/** What {@link HealthModule} needs. */
export interface HealthOptions extends LifecycleOptions {
  /** Shown by GET /health. */
  readonly service: string;
  /** Shown by GET /health. */
  readonly version: string;
  /** Longest wait for open HTTP requests, after the drain; unit ms. Default 5 000. */
  readonly httpCloseBudgetMs?: number;
}

/** Defaults of {@link LifecycleOptions}. */
export const LIFECYCLE_DEFAULTS: Required<LifecycleOptions> &
  Required<Pick<HealthOptions, 'httpCloseBudgetMs'>> = Object.freeze({
  readinessLagMs: 0,
  drainBudgetMs: 25_500,
  closeBudgetMs: 10_000,
  httpCloseBudgetMs: 5_000,
  clock: {
    monotonicMs: () => performance.now(),
    setTimer: (callback: () => void, delayMs: number) => {
      const timer = setTimeout(callback, Math.max(0, delayMs));
      timer.unref();
      return () => clearTimeout(timer);
    },
  },
  random: Math.random,
});
