import { SinkIdInvalidError } from './sink.errors';

const MAX_ID_BYTES = 256;
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/**
 * Checks an `_id` made by a sink.
 *
 * @param id - text, 1-256 bytes, without control characters.
 * @throws {SinkIdInvalidError} SINK_ID_INVALID
 */
export function checkedId(id: unknown): string {
  if (typeof id !== 'string') throw new SinkIdInvalidError({ facts: { type: typeof id } });
  const isShort = id.length * 3 <= MAX_ID_BYTES || Buffer.byteLength(id) <= MAX_ID_BYTES;
  if (id.length === 0 || !isShort || CONTROL.test(id)) {
    throw new SinkIdInvalidError({ facts: { length: id.length } });
  }
  return id;
}
