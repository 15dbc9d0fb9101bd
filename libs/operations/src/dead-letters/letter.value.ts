import { isUtf8 } from 'node:buffer';
import type { Contract } from 'millrace/contracts';
import { EVENT_HEADERS, maskPersonalData } from 'millrace/contracts';
import { headerText } from 'millrace/pipeline';
import { plainLines, plainText } from '../plain-text';
import type { DeadLetter, LetterValue, ValueMode, WithheldReason } from './dead-letter';

/** More than this is not looked into for personal data; unit bytes. */
const MAX_PARSED_BYTES = 1_048_576;

export interface ValueOptions {
  readonly values: ValueMode;
  /** Of the text; unit bytes. */
  readonly maxBytes: number;
  readonly contracts: readonly Contract[];
}

/**
 * The value of a letter for persons: cut, without control characters, personal data masked.
 *
 * Promise: without `as-is` nothing of a value is shown whose personal data could not be told.
 */
export async function valueOf(letter: DeadLetter, options: ValueOptions): Promise<LetterValue> {
  const { value } = letter.record;
  if (value === null) return textValue('', 'utf8', { truncated: false });
  if (options.values === 'as-is') return rawValue(value, options.maxBytes);
  const contract = contractOf(letter, options.contracts);
  if (contract === undefined) return withheld('contract-unknown');
  if (contract.personalData.length === 0) return rawValue(value, options.maxBytes);
  if (differs(letter, contract)) return withheld('version-differs');
  if (value.length > MAX_PARSED_BYTES) return withheld('too-large');
  return maskedValue(value, contract, options.maxBytes);
}

function contractOf({ contract }: DeadLetter, known: readonly Contract[]): Contract | undefined {
  return known.find(({ name, version }) => contract === `${name} v${version}`);
}

/** Paths are those of the contract in its own version: another event may have them elsewhere. */
function differs({ record }: DeadLetter, { name, version }: Contract): boolean {
  const type = headerText(record, EVENT_HEADERS.type);
  const written = headerText(record, EVENT_HEADERS.contractVersion);
  return (type !== null && type !== name) || (written !== null && written !== String(version));
}

function rawValue(value: Buffer, maxBytes: number): LetterValue {
  const truncated = value.length > maxBytes;
  const shown = truncated ? wholeCharacters(value.subarray(0, maxBytes)) : value;
  if (!isUtf8(shown)) {
    const bytes = value.subarray(0, Math.floor(maxBytes / 4) * 3);
    return textValue(bytes.toString('base64'), 'base64', {
      truncated: bytes.length < value.length,
    });
  }
  const text = shown.toString('utf8');
  const encoding = !truncated && isJson(text) ? 'json' : 'utf8';
  return textValue(plainLines(text), encoding, { truncated });
}

async function maskedValue(
  value: Buffer,
  { personalData, codec }: Contract,
  maxBytes: number,
): Promise<LetterValue> {
  let event: unknown;
  try {
    await codec.prepare?.([value]);
    event = codec.decode(value);
  } catch {
    return withheld('unreadable');
  }
  const { event: shownEvent, masked } = maskPersonalData(event, personalData);
  if (masked.length === 0) return rawValue(value, maxBytes);
  const shown = rawValue(Buffer.from(JSON.stringify(shownEvent)), maxBytes);
  return { ...shown, masked };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Without a character that was cut through at the end. */
function wholeCharacters(bytes: Buffer): Buffer {
  for (let cut = 0; cut < 4; cut += 1) {
    const shorter = bytes.subarray(0, bytes.length - cut);
    if (isUtf8(shorter)) return shorter;
  }
  return bytes;
}

function textValue(
  text: string,
  encoding: LetterValue['encoding'],
  { truncated }: { readonly truncated: boolean },
): LetterValue {
  return { text, encoding, truncated, masked: [], withheld: null };
}

function withheld(reason: WithheldReason): LetterValue {
  return { ...textValue('', 'utf8', { truncated: false }), withheld: reason };
}

/** Longest text of one header that is shown; unit bytes. */
const MAX_HEADER_BYTES = 8_192;

/** Text with control characters escaped; base64 where it is no UTF-8. */
export function headersOf({ record }: DeadLetter): DeadLetterHeaders {
  return record.headers.map(([name, value]) => [plainText(name), headerValue(value)] as const);
}

type DeadLetterHeaders = ReadonlyArray<readonly [name: string, text: string]>;

function headerValue(value: Buffer | null): string {
  if (value === null) return '';
  const isCut = value.length > MAX_HEADER_BYTES;
  const shown = isCut ? wholeCharacters(value.subarray(0, MAX_HEADER_BYTES)) : value;
  return isUtf8(shown) ? plainText(shown.toString('utf8')) : shown.toString('base64');
}
