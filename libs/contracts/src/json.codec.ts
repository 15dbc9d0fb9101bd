import type { Codec } from './codec';
import { CodecMalformedError } from './contracts.errors';

const MAX_DEPTH = 32;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;

/**
 * Reads and writes JSON in UTF-8.
 *
 * Bytes that are not UTF-8 and values nested deeper than 32 levels are refused before the parser
 * sees them: a deep value makes later recursive steps throw.
 */
export const jsonCodec: Codec = {
  contentType: 'application/json',
  encode: (value) => Buffer.from(JSON.stringify(value), 'utf8'),
  decode: (bytes) => {
    if (isDeeperThan(bytes, MAX_DEPTH)) {
      throw new CodecMalformedError({
        message: `the JSON is nested deeper than ${MAX_DEPTH} levels`,
      });
    }
    const text = bytes.toString('utf8');
    // A wrong byte becomes U+FFFD: without the check it would be stored as if the source had sent it.
    if (text.includes('\ufffd') && !Buffer.from(text, 'utf8').equals(bytes)) {
      throw new CodecMalformedError({ message: 'the value is not UTF-8' });
    }
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      // The parser's message quotes the input, so only its class is passed on.
      throw new CodecMalformedError({
        message: 'the value is not JSON',
        facts: { parser: error instanceof Error ? error.name : 'unknown' },
      });
    }
  },
};

function isDeeperThan(bytes: Buffer, limit: number): boolean {
  // A value of n bytes cannot be nested deeper than n / 2.
  if (bytes.length <= limit) return false;
  let depth = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte === QUOTE) {
      index = endOfString(bytes, index);
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
      if (depth > limit) return true;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
    }
  }
  return false;
}

function endOfString(bytes: Buffer, start: number): number {
  // indexOf is native: long strings cost almost nothing.
  for (let from = start + 1; ;) {
    const quote = bytes.indexOf(QUOTE, from);
    if (quote === -1) return bytes.length;
    let backslashes = 0;
    while (bytes[quote - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return quote;
    from = quote + 1;
  }
}
