import { createHash, timingSafeEqual } from 'node:crypto';
import type { TokenEntry } from './token-hashes';

/** Longest token that is looked at; unit characters. */
const MAX_TOKEN_CHARACTERS = 512;

/**
 * Finds the entry of a token.
 *
 * Promise: the time it takes tells nothing of the hashes; every entry is compared, in constant time.
 */
export function findToken(entries: readonly TokenEntry[], token: string): TokenEntry | null {
  if (token.length > MAX_TOKEN_CHARACTERS) return null;
  const hash = sha256Of(token);
  let found: TokenEntry | null = null;
  for (const entry of entries) {
    const isSame = timingSafeEqual(entry.sha256, hash);
    found = isSame ? (found ?? entry) : found;
  }
  return found;
}

export function sha256Of(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
