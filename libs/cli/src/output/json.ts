/** What JSON lets through and a terminal may take for an order. */
const LEFT_OVER = /[\u007f-\u009f\u2028\u2029]/g;

/**
 * One JSON line: 64-bit numbers as decimal text, bytes as base64, times as RFC 3339, maps as objects.
 */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value, replace).replace(
    LEFT_OVER,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function replace(this: unknown, key: string, value: unknown): unknown {
  // A Buffer has become an object by toJSON already: look at what was there before.
  const before = (this as Record<string, unknown>)[key];
  if (Buffer.isBuffer(before)) return before.toString('base64');
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Map) return Object.fromEntries(value as Map<string, unknown>);
  return value;
}
