import { createHash } from 'node:crypto';

/** Random numbers that a seed repeats: mulberry32. */
export class SeededRandom {
  private state: number;

  constructor(readonly seed: number) {
    this.state = seed >>> 0;
  }

  /** Independent numbers for one purpose: what one part draws changes nothing for the others. */
  for(purpose: string): SeededRandom {
    return new SeededRandom(
      createHash('sha256').update(`${this.seed}/${purpose}`).digest().readUInt32BE(0),
    );
  }

  /** 0 <= x < 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number, 0 <= n < end. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  between([least, most]: readonly [number, number]): number {
    return least + this.next() * (most - least);
  }

  /** @throws {RangeError} when there is nothing to pick from. */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError('there is nothing to pick from');
    return list[this.below(list.length)] as T;
  }

  shuffled<T>(list: readonly T[]): T[] {
    const mixed = [...list];
    for (let last = mixed.length - 1; last > 0; last -= 1) {
      const other = this.below(last + 1);
      [mixed[last], mixed[other]] = [mixed[other] as T, mixed[last] as T];
    }
    return mixed;
  }
}

/** `RELIABILITY_SEED`, else one that is new; it is printed, so that a run can be repeated. */
export function seedOfRun(): SeededRandom {
  const given = process.env['RELIABILITY_SEED'];
  return new SeededRandom(given ? Number(given) : Date.now() % 1_000_000_000);
}
