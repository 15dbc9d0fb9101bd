import { bsonOrder } from './bson-order';
import type { UpdateSpec } from './idempotent-update';

const MERGEABLE: ReadonlySet<string> = new Set(['$min', '$max', '$setOnInsert']);

type Fields = Readonly<Record<string, unknown>>;

/**
 * Merges two updates of one document into one with the same effect.
 *
 * Knows `$min`, `$max` (values whose order is known here) and `$setOnInsert` (the first one counts,
 * as it would when both are sent). A thousand prices of one candle become one operation.
 *
 * @returns null when the effect of one update could not be the same as that of both.
 */
export function mergeUpdates(first: UpdateSpec, second: UpdateSpec): UpdateSpec | null {
  if (!isMergeable(first) || !isMergeable(second)) return null;
  const low = extremes(first.$min, second.$min, -1);
  const high = extremes(first.$max, second.$max, 1);
  if (low === null || high === null) return null;
  return {
    ...(low === undefined ? {} : { $min: low }),
    ...(high === undefined ? {} : { $max: high }),
    ...(first.$setOnInsert === undefined ? {} : { $setOnInsert: first.$setOnInsert }),
  };
}

function isMergeable(update: UpdateSpec): boolean {
  return Object.keys(update).every((operator) => MERGEABLE.has(operator));
}

/** @param direction - -1 keeps the lower value of a field, 1 the higher one. */
function extremes(
  first: Fields | undefined,
  second: Fields | undefined,
  direction: 1 | -1,
): Fields | undefined | null {
  if (first === undefined || second === undefined) return first ?? second;
  const merged: Record<string, unknown> = { ...first };
  for (const [path, value] of Object.entries(second)) {
    if (!Object.hasOwn(merged, path)) {
      merged[path] = value;
      continue;
    }
    const order = bsonOrder(value, merged[path]);
    if (order === null) return null;
    if (order * direction > 0) merged[path] = value;
  }
  return merged;
}
