/**
 * Puts the cases of one round into an order that seed and round decide, so that none always runs on
 * the warmer machine and a run can be repeated.
 */
export function orderOfRound<Case>(cases: readonly Case[], round: number, seed: number): Case[] {
  const random = randomOf(seed * 1_000 + round);
  const shuffled = [...cases];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other] as Case, shuffled[last] as Case];
  }
  return shuffled;
}

/** @see mulberry32, public domain */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
