import { randomBytes } from 'node:crypto';

/**
 * Makes a UUIDv7: 48 bits of time, then 74 random bits, so ids sort by time of creation.
 *
 * @param nowMs - unit ms since the Unix epoch; default the wall clock.
 * @param random - 10 random bytes; default from the operating system.
 * @see RFC 9562, section 5.7
 */
export function uuidv7(nowMs: number = Date.now(), random: Buffer = randomBytes(10)): string {
  const hex = nowMs.toString(16).padStart(12, '0') + random.toString('hex').slice(0, 20);
  const variant = ((parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
