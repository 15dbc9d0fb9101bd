/** Deepest nesting of a value; deeper ones make later recursive steps throw. */
export const MAX_JSON_DEPTH = 32;
/** Every integer of so many digits is a number exactly. */
const SAFE_DIGITS = 15;

/** Why JSON that can be parsed is refused; closed set. Completes the sentence "the JSON ...". */
export type JsonFlaw =
  | 'is nested deeper than 32 levels'
  | 'has one key twice in an object'
  | 'has an integer that a number cannot hold'
  | 'has a number that is infinite when it is read'
  | 'has a key that reaches for the prototype of objects';

const QUOTE = 0x22;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Looks at the bytes of JSON before the parser does: for what a parsed value no longer tells.
 *
 * @returns how many keys are written in all objects together, or what is wrong. Of bytes that are
 * no JSON any answer: the parser refuses them.
 */
export function scanJson(bytes: Buffer): number | JsonFlaw {
  let depth = 0;
  let keys = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] as number;
    if (byte === QUOTE) {
      index = endOfString(bytes, index);
    } else if (byte === COLON) {
      keys += 1;
    } else if (byte >= ZERO && byte <= NINE) {
      const start = index;
      index = endOfNumber(bytes, index);
      if (index - start >= SAFE_DIGITS && isRounded(bytes, start, index + 1)) {
        return 'has an integer that a number cannot hold';
      }
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
      if (depth > MAX_JSON_DEPTH) return 'is nested deeper than 32 levels';
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
    }
  }
  return keys;
}

/** Writers of JSON print the shortest digits that are read back as the same number. */
function isRounded(bytes: Buffer, start: number, end: number): boolean {
  const digits = bytes.toString('latin1', start, end);
  return !digits.includes('.') && String(Number(digits)) !== digits;
}

/** @returns the index of the last digit, of a fraction too. */
function endOfNumber(bytes: Buffer, start: number): number {
  let end = start;
  for (let next = bytes[end + 1] ?? 0; (next >= ZERO && next <= NINE) || next === DOT;) {
    end += 1;
    next = bytes[end + 1] ?? 0;
  }
  return end;
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
