/** How the limit of calls reacts to their latency. */
export interface ConcurrencyOptions {
  /** Never exceeded; from 1; unit calls. */
  readonly max: number;
}

/** One call that has ended. */
export interface CallSample {
  /** On the monotonic clock; unit ms. */
  readonly endedAtMs: number;
  readonly latencyMs: number;
  /** Calls of different sizes are not compared; unit records. */
  readonly records: number;
  /** Calls that ran or waited when it began, itself included. */
  readonly wanted: number;
}

/** The numbers behind {@link ConcurrencyController}; ratios are p50 against the usual p50. */
export const CONCURRENCY_RULES = Object.freeze({
  /** A decision needs so much time and so many calls, */
  windowMs: 1_000,
  minCalls: 50,
  /** or, where calls are slow, so much time and so few calls. */
  slowWindowMs: 5_000,
  fewCalls: 5,
  /** Below it the limit rises, above `lowerAbove` it falls; between the two it stays. */
  raiseBelow: 1.5,
  lowerAbove: 2.5,
  /** What a fall aims at. */
  aim: 2,
  /** Largest fall of one window. */
  leastShare: 0.5,
  /** Rise of one window, at least one call. */
  raiseShare: 0.1,
  /** How often the usual latency is measured anew, for one window at half of the limit. */
  remeasureMs: 300_000,
});

const { windowMs, minCalls, slowWindowMs, fewCalls } = CONCURRENCY_RULES;
const { raiseBelow, lowerAbove, aim } = CONCURRENCY_RULES;
const { leastShare, raiseShare, remeasureMs } = CONCURRENCY_RULES;

/**
 * Finds how many calls at once a dependency takes before its answers get slow.
 *
 * In windows of one to five seconds the median latency is compared with the lowest median of late, among calls of
 * about the same size. Two windows in a row more than two and a half times as slow lower the limit in
 * proportion, less than one and a half times as slow raises it when all of it is wanted; between the
 * two it stays, so that it comes to rest. It begins at 1 and doubles until the first answers get slower.
 *
 * The lowest median would be forgotten under a load that never ends, so it is measured anew at half
 * of the limit from time to time: one window down, then back to where the limit was.
 *
 * Promises: 1 <= limit <= max; pure: time and latency come with the samples.
 */
export class ConcurrencyController {
  private current = 1;
  private hasSlowed = false;
  /** The last window was too slow; one alone may be chance. */
  private wasTooSlow = false;
  /** By size of the calls: the lowest median of late; unit ms. */
  private readonly usual = new Map<number, number>();
  private samples: CallSample[] = [];
  private windowFromMs: number | null = null;
  private measuredAtMs: number | null = null;
  /** The limit to go back to after the usual latency was measured; null = not measuring. */
  private heldBack: number | null = null;

  constructor(private readonly options: ConcurrencyOptions) {}

  get limit(): number {
    return this.current;
  }

  /** @returns true when the limit has changed. */
  add(sample: CallSample): boolean {
    const nowMs = sample.endedAtMs;
    this.measuredAtMs ??= nowMs;
    this.windowFromMs ??= nowMs;
    this.samples.push(sample);
    if (!isEnough(nowMs - this.windowFromMs, this.samples.length)) return false;
    const before = this.current;
    const samples = this.samples;
    this.samples = [];
    this.windowFromMs = nowMs;
    this.decide(samples, nowMs, this.measuredAtMs);
    return this.current !== before;
  }

  private decide(samples: readonly CallSample[], nowMs: number, measuredAtMs: number): void {
    const { size, medianMs } = largestClass(samples);
    if (this.heldBack !== null) {
      this.usual.set(size, medianMs);
      this.current = this.heldBack;
      this.heldBack = null;
      this.measuredAtMs = nowMs;
      return;
    }
    const usualMs = Math.min(this.usual.get(size) ?? Infinity, medianMs);
    this.usual.set(size, usualMs);
    this.react(usualMs === 0 ? 1 : medianMs / usualMs, samples);
    if (nowMs - measuredAtMs >= remeasureMs) this.holdBack(nowMs);
  }

  private react(ratio: number, samples: readonly CallSample[]): void {
    const { max } = this.options;
    const wasTooSlow = this.wasTooSlow;
    this.wasTooSlow = ratio > lowerAbove;
    if (this.wasTooSlow) {
      this.hasSlowed = true;
      if (!wasTooSlow) return;
      const share = Math.max(leastShare, aim / ratio);
      this.current = Math.max(1, Math.floor(this.current * share));
      return;
    }
    if (ratio >= raiseBelow) {
      this.hasSlowed = true;
      return;
    }
    // More than what is wanted cannot be tried out.
    if (!samples.some(({ wanted }) => wanted >= this.current)) return;
    const step = this.hasSlowed ? Math.max(1, Math.floor(this.current * raiseShare)) : this.current;
    this.current = Math.min(max, this.current + step);
  }

  /** Alone at a limit of 1 the usual latency is forgotten: nothing lower can be tried. */
  private holdBack(nowMs: number): void {
    if (this.current === 1) {
      this.usual.clear();
      this.measuredAtMs = nowMs;
      return;
    }
    this.heldBack = this.current;
    this.current = Math.max(1, Math.floor(this.current / 2));
  }
}

function isEnough(elapsedMs: number, calls: number): boolean {
  if (elapsedMs >= slowWindowMs) return calls >= fewCalls;
  return elapsedMs >= windowMs && calls >= minCalls;
}

/** The calls of the size that most of them have; sizes are powers of two. */
function largestClass(samples: readonly CallSample[]) {
  const classes = new Map<number, number[]>();
  for (const { records, latencyMs } of samples) {
    const size = Math.ceil(Math.log2(Math.max(1, records)));
    const known = classes.get(size);
    if (known === undefined) classes.set(size, [latencyMs]);
    else known.push(latencyMs);
  }
  let largest: readonly [number, number[]] = [0, []];
  for (const one of classes) if (one[1].length > largest[1].length) largest = one;
  const [size, latencies] = largest;
  latencies.sort((a, b) => a - b);
  return { size, medianMs: latencies[Math.floor(latencies.length / 2)] ?? 0 };
}
