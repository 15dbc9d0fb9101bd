const SEED = 0x9747b28c;
const M = 0x5bd1e995;
const R = 24;

/**
 * Hashes the bytes of a key as the Java client does.
 *
 * @returns a signed 32-bit number.
 * @see org.apache.kafka.common.utils.Utils.murmur2
 */
export function murmur2(bytes: Buffer): number {
  const { length } = bytes;
  let hash = SEED ^ length;
  const words = length - (length % 4);
  for (let index = 0; index < words; index += 4) {
    let word = Math.imul(bytes.readInt32LE(index), M);
    word = Math.imul(word ^ (word >>> R), M);
    hash = Math.imul(hash, M) ^ word;
  }
  if (length > words) {
    for (let index = length - 1; index >= words; index -= 1) {
      hash ^= (bytes[index] ?? 0) << (8 * (index - words));
    }
    hash = Math.imul(hash, M);
  }
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}

/**
 * Chooses the partition of a key: the same one as every other client with the default partitioner.
 *
 * @param partitionCount - 1 or more.
 */
export function partitionForKey(key: Buffer, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount;
}
