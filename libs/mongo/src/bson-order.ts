/**
 * Compares two values as MongoDB orders them, for the few types whose order is the same here.
 *
 * Embedded documents compare field by field, in order; so only those with the same fields in the
 * same order have an answer.
 *
 * @returns below 0, 0 or above 0; null when the order is not known here.
 * @see https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/
 */
export function bsonOrder(left: unknown, right: unknown): number | null {
  if (typeof left === 'number' && typeof right === 'number') {
    return Number.isNaN(left) || Number.isNaN(right) ? null : left - right;
  }
  if (typeof left === 'string' && typeof right === 'string') {
    return left === right ? 0 : Buffer.compare(Buffer.from(left), Buffer.from(right));
  }
  if (left instanceof Date && right instanceof Date) {
    return bsonOrder(left.getTime(), right.getTime());
  }
  return isPlain(left) && isPlain(right) ? documentOrder(left, right) : null;
}

function documentOrder(
  left: Readonly<Record<string, unknown>>,
  right: Readonly<Record<string, unknown>>,
): number | null {
  const keys = Object.keys(left);
  const others = Object.keys(right);
  if (keys.length !== others.length) return null;
  let order = 0;
  for (const [index, key] of keys.entries()) {
    if (key !== others[index]) return null;
    const field = bsonOrder(left[key], right[key]);
    if (field === null) return null;
    if (order === 0) order = field;
  }
  return order;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}
