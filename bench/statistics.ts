/** How often a bound may be wrong. */
const DOUBT = 0.05;

/** Middle, quarters and ends of a few measurements. */
export interface Spread {
  readonly min: number;
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => valueAt(sorted, share * (sorted.length - 1));
  return { min: at(0), q1: at(0.25), median: at(0.5), q3: at(0.75), max: at(1) };
}

export function median(values: readonly number[]): number {
  return spreadOf(values).median;
}

/**
 * Says how low the middle of what was drawn from can be, with 95 % confidence.
 *
 * Order statistics of the sign test: no assumption on how the values are spread.
 *
 * @returns NaN of fewer than five values, which show nothing.
 */
export function lowerBoundOfMedian(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const { length } = sorted;
  // Probability that exactly `below` of them are under the middle, and of as many or fewer.
  let exactly = 0.5 ** length;
  let atMost = exactly;
  let below = 0;
  while (atMost <= DOUBT && below < length) {
    exactly *= (length - below) / (below + 1);
    atMost += exactly;
    below += 1;
  }
  return sorted[below - 1] ?? Number.NaN;
}

export function rounded(value: number, digits = 3): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}

/** Linear between neighbours; NaN of nothing. */
function valueAt(sorted: readonly number[], position: number): number {
  const low = sorted[Math.floor(position)] ?? Number.NaN;
  const high = sorted[Math.ceil(position)] ?? low;
  return low + (high - low) * (position - Math.floor(position));
}
