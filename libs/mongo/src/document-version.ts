import { SinkVersionInvalidError } from './sink.errors';

/** Field that holds the version of a guarded document. */
export const VERSION_FIELD = '_v';

/** A version of a document: equal versions are equal events, a higher one is newer. */
export type DocumentVersion = number | Date | string;

/**
 * Checks a version made by a sink.
 *
 * @throws {SinkVersionInvalidError} SINK_VERSION_INVALID
 */
export function checkedVersion(version: unknown): DocumentVersion {
  const isOrdered =
    (typeof version === 'string' && version !== '') ||
    (typeof version === 'number' && !Number.isNaN(version)) ||
    (version instanceof Date && !Number.isNaN(version.getTime()));
  if (isOrdered) return version;
  throw new SinkVersionInvalidError({ facts: { type: typeof version } });
}

/**
 * Compares as MongoDB does: texts by their UTF-8 bytes, not by UTF-16 units.
 *
 * @returns below 0, 0 or above 0.
 * @throws {SinkVersionInvalidError} SINK_VERSION_INVALID when the types differ: MongoDB would call
 * neither of them lower, and the document would never change again.
 */
export function compareVersions(left: unknown, right: unknown): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (left instanceof Date && right instanceof Date) return left.getTime() - right.getTime();
  if (typeof left === 'string' && typeof right === 'string') {
    return left === right ? 0 : Buffer.compare(Buffer.from(left), Buffer.from(right));
  }
  throw new SinkVersionInvalidError({
    message: `a version of type ${typeName(left)} cannot be compared with one of type ${typeName(right)}`,
  });
}

function typeName(value: unknown): string {
  return value instanceof Date ? 'date' : typeof value;
}
