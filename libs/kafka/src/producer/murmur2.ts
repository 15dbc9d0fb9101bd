const SEED = 0x9747b28c;
const M = 0x5bd1e995;
const R = 24;

/**
 * Hashes a key as the Java client does, so that every client puts a key on the same partition.
 *
 * kafkajs' own computes with BigInt; this one with 32-bit integers, and a test compares them.
 *
 * @returns a signed 32-bit integer.
 * @see org.apache.kafka.common.utils.Utils.murmur2
 */
export function murmur2(key: Buffer): number {
  const { length } = key;
  const words = length >> 2;
  let hash = SEED ^ length;
  for (let index = 0; index < words; index += 1) {
    let word = Math.imul(key.readInt32LE(index * 4), M);
    word ^= word >>> R;
    hash = Math.imul(hash, M) ^ Math.imul(word, M);
  }
  const rest = words * 4;
  const count = length & 3;
  if (count === 3) hash ^= (key[rest + 2] ?? 0) << 16;
  if (count >= 2) hash ^= (key[rest + 1] ?? 0) << 8;
  if (count >= 1) hash = Math.imul(hash ^ (key[rest] ?? 0), M);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, M);
  return hash ^ (hash >>> 15);
}
