import { CodecMalformedError, isEventId, jsonCodec, uuidv7 } from 'millrace/contracts';
import { MillraceError } from 'millrace/errors';
import { BatchSizeInvalidError, BatchTooLongError, RequestInvalidError } from '../producer.errors';
import { bodyOf, jsonOf } from '../request-body';
import type { BodyRequest } from '../request-body';
import type { IntakeItem } from './price.intake';

/** Most items of one batch. */
export const MAX_BATCH_ITEMS = 1_000;

/** Longest event id that a caller may choose, with the index of a batch item; unit bytes. */
const MAX_KEY_BYTES = 128;

const NEWLINE = 0x0a;
const BLANK = /^\s*$/;

/** What one item of a request was: a value, or why there is none. */
type Item = { readonly value: unknown } | { readonly error: MillraceError };

/**
 * Reads the request for one price.
 *
 * @param key - header `Idempotency-Key`: becomes the event id.
 * @throws {MillraceError} REQUEST_INVALID, CONTENT_TYPE_UNSUPPORTED or CODEC_MALFORMED.
 */
export function singleItem(request: BodyRequest, key: string | undefined): IntakeItem {
  return { value: jsonOf(request), eventId: eventIds(key, 1, () => key ?? '')[0] as string };
}

/**
 * Reads the request for many prices: a JSON array, or one JSON value per line (blank lines do not count).
 *
 * @param key - header `Idempotency-Key`: the event ids are `<key>:<index>`, from 0.
 * @throws {MillraceError} as {@link singleItem}, and BATCH_SIZE_INVALID or BATCH_TOO_LONG.
 */
export function batchItems(request: BodyRequest, key: string | undefined): readonly IntakeItem[] {
  const { mediaType, bytes } = bodyOf(request, ['application/json', 'application/x-ndjson']);
  const items = mediaType === 'application/json' ? arrayOf(bytes) : linesOf(bytes);
  if (items.length === 0) throw new BatchSizeInvalidError();
  if (items.length > MAX_BATCH_ITEMS) throw new BatchTooLongError();
  const ids = eventIds(key, items.length, (index) => `${key ?? ''}:${index}`);
  return items.map((item, index) => ({ ...item, eventId: ids[index] as string }));
}

function arrayOf(bytes: Buffer): readonly Item[] {
  const values = jsonCodec.decode(bytes);
  if (!Array.isArray(values)) throw new BatchSizeInvalidError();
  return values.map((value: unknown) => ({ value }));
}

function linesOf(bytes: Buffer): readonly Item[] {
  const items: Item[] = [];
  for (let start = 0; start < bytes.length && items.length <= MAX_BATCH_ITEMS;) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    const line = bytes.subarray(start, end);
    if (!BLANK.test(line.toString('latin1'))) items.push(itemOf(line));
    start = end + 1;
  }
  return items;
}

function itemOf(line: Buffer): Item {
  try {
    return { value: jsonCodec.decode(line) };
  } catch (error) {
    return { error: error instanceof MillraceError ? error : new CodecMalformedError() };
  }
}

function eventIds(key: string | undefined, count: number, idOf: (index: number) => string) {
  if (key === undefined) return Array.from({ length: count }, () => uuidv7());
  const ids = Array.from({ length: count }, (_, index) => idOf(index));
  if (key !== '' && ids.every((id) => id.length <= MAX_KEY_BYTES && isEventId(id))) return ids;
  const issue = {
    path: 'Idempotency-Key',
    message: `must be 1-${MAX_KEY_BYTES} printable characters without spaces, with the index of a batch item`,
  };
  throw new RequestInvalidError({
    message: `${issue.path}: ${issue.message}`,
    facts: { issues: [issue] },
  });
}
