import { uuidv7 } from 'millrace/contracts';
import type { Metal, PriceQuoted } from 'millrace/events';
import { TokenBucket, sleep } from 'millrace/retry';
import type { Clock } from 'millrace/retry';
import { PriceWalk } from './price.walk';
import { MAX_CHUNK_ENTRIES } from './source';
import type { Source, SourceEntry } from './source';

export interface GeneratorOptions {
  /** At least one; they take turns. */
  readonly metals: readonly Metal[];
  /** Prices of all metals together; Infinity = until it is stopped. */
  readonly count: number;
  /** Prices of all metals together; above 0. */
  readonly ratePerSecond: number;
  /** Prices that may be sent at once; from 1. Default: a tenth of a second's worth. */
  readonly burst?: number;
  readonly seed: number;
}

/** Chunks per second at high rates: often enough to look even, seldom enough to be cheap. */
const CHUNKS_PER_SECOND = 20;

/**
 * Makes prices up: a seeded random walk per metal, at a rate, with the time of the clock.
 *
 * The same seed gives the same prices in the same order; event ids are UUIDv7, so two runs are
 * different events.
 */
export class GeneratorSource implements Source {
  readonly name = 'generator';
  private readonly bucket: TokenBucket;
  private readonly walks: ReadonlyArray<{ readonly metal: Metal; readonly walk: PriceWalk }>;

  constructor(
    private readonly options: GeneratorOptions,
    private readonly clock: Clock,
  ) {
    const { ratePerSecond, metals, seed } = options;
    const burst = options.burst ?? Math.max(1, Math.ceil(ratePerSecond / 10));
    this.bucket = new TokenBucket({ ratePerSecond, burst, clock });
    this.walks = metals.map((metal) => ({ metal, walk: new PriceWalk(metal, seed) }));
  }

  async *chunks(signal: AbortSignal): AsyncIterable<readonly SourceEntry[]> {
    const { count, ratePerSecond } = this.options;
    const chunkSize = Math.ceil(ratePerSecond / CHUNKS_PER_SECOND);
    for (let made = 0; made < count && !signal.aborted;) {
      const size = Math.min(chunkSize, MAX_CHUNK_ENTRIES, count - made);
      const waitMs = this.bucket.take(size);
      if (waitMs > 0 && !(await slept(this.clock, waitMs, signal))) return;
      const from = made;
      yield Array.from({ length: size }, (_, index) => this.entry(from + index));
      made += size;
    }
  }

  private entry(index: number): SourceEntry {
    const turn = this.walks[index % this.walks.length];
    if (turn === undefined) throw new Error('the generator has no metal');
    const nowMs = this.clock.now();
    const event: PriceQuoted = {
      metal: turn.metal,
      price: turn.walk.next(),
      currency: 'USD',
      observedAt: new Date(nowMs).toISOString(),
    };
    return { event, eventId: uuidv7(nowMs) };
  }
}

/** @returns false when the wait was ended early. */
async function slept(clock: Clock, waitMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(clock, waitMs, signal);
    return true;
  } catch {
    // The only rejection is that of the signal.
    return false;
  }
}
