/** The Castagnoli checksum, bit by bit: slow, and not the one that is tested with it. */
export function crc32(bytes: Buffer): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (0x82f6_3b78 & -(crc & 1));
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}
