import type { Random } from 'millrace/retry';

const UINT32 = 0x1_0000_0000;

/**
 * Makes a source of randomness that repeats itself for the same seed.
 *
 * @param seed - any text; its FNV-1a hash is the state.
 * @see splitmix32: a Weyl sequence with a mixing function of 32 bits
 */
export function seededRandom(seed: string): Random {
  let state = fnv1a(seed);
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    mixed ^= mixed >>> 15;
    return (mixed >>> 0) / UINT32;
  };
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
