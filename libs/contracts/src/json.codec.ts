import type { Codec } from './codec';
import { CodecMalformedError } from './contracts.errors';
import { flawOfJson } from './json-keys';
import { scanJson } from './json-scan';

/**
 * Reads and writes JSON in UTF-8.
 *
 * Refused is what would be stored as something else than the source wrote: bytes that are not
 * UTF-8, a key that is there twice, an integer that loses digits, a number that becomes infinite.
 * So is what does harm later: nesting deeper than 32 levels, before the parser sees it, and keys
 * that reach for the prototype of objects.
 */
export const jsonCodec: Codec = {
  contentType: 'application/json',
  encode: (value) => Buffer.from(JSON.stringify(value), 'utf8'),
  decode: (bytes) => {
    const written = scanJson(bytes);
    if (typeof written !== 'number') throw refused(written);
    const text = bytes.toString('utf8');
    // A wrong byte becomes U+FFFD: without the check it would be stored as if the source had sent it.
    if (text.includes('\ufffd') && !Buffer.from(text, 'utf8').equals(bytes)) {
      throw new CodecMalformedError({ message: 'the value is not UTF-8' });
    }
    const value = parsed(text);
    const flaw = flawOfJson(value, written);
    if (flaw !== null) throw refused(flaw);
    return value;
  },
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // The parser's message quotes the input, so only its class is passed on.
    throw new CodecMalformedError({
      message: 'the value is not JSON',
      facts: { parser: error instanceof Error ? error.name : 'unknown' },
    });
  }
}

function refused(flaw: string): CodecMalformedError {
  return new CodecMalformedError({ message: `the JSON ${flaw}` });
}
