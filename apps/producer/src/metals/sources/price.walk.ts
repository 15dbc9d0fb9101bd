import type { Metal } from 'millrace/events';
import type { Random } from 'millrace/retry';
import { seededRandom } from './seeded-random';

/** Where the price of a metal moves; US dollars. */
export interface PriceRange {
  readonly low: number;
  readonly high: number;
  readonly decimals: number;
}

/** Ranges of today's markets: per troy ounce, copper per pound. Widths differ by three powers of ten. */
export const PRICE_RANGES: Readonly<Record<Metal, PriceRange>> = Object.freeze({
  gold: { low: 1_800, high: 5_000, decimals: 2 },
  silver: { low: 20, high: 90, decimals: 3 },
  platinum: { low: 800, high: 2_200, decimals: 2 },
  palladium: { low: 800, high: 2_600, decimals: 2 },
  copper: { low: 3, high: 7, decimals: 4 },
});

/** Longest step, as a share of the price. */
const STEP = 0.004;

/** Walks the price of one metal at random, within its range; the same seed walks the same way. */
export class PriceWalk {
  private readonly range: PriceRange;
  private readonly random: Random;
  private price: number;

  /** @param seed - shared by all metals; each walks on its own, whichever others there are. */
  constructor(metal: Metal, seed: number) {
    this.range = PRICE_RANGES[metal];
    this.random = seededRandom(`${seed}:${metal}`);
    const { low, high } = this.range;
    this.price = low + (high - low) * this.random();
  }

  next(): number {
    const { low, high, decimals } = this.range;
    const moved = this.price * (1 + STEP * (2 * this.random() - 1));
    // Bounces off the ends: clamping would stay there for long.
    if (moved > high) this.price = 2 * high - moved;
    else this.price = moved < low ? 2 * low - moved : moved;
    return Number(this.price.toFixed(decimals));
  }
}
