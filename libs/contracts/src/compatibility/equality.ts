import { isSchemaObject, mapSchemas } from '../schemas/structure';
import { isAnnotation } from './keywords';

/** True for the same JSON value; the order of an object's keys does not matter. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  }
  if (!isSchemaObject(a) || !isSchemaObject(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key], b[key]));
}

/** True when two schemas differ at most in what they say about the values, not in which are valid. */
export function isSameSchema(a: unknown, b: unknown): boolean {
  return isEqual(essenceOf(a), essenceOf(b));
}

function essenceOf(schema: unknown): unknown {
  return mapSchemas(schema, (part) =>
    Object.fromEntries(
      Object.entries(part)
        .filter(([keyword]) => ['$defs', 'definitions'].includes(keyword) || !isAnnotation(keyword))
        .map(([keyword, value]) => [keyword, isTextSet(keyword, value) ? value.sort() : value]),
    ),
  );
}

/** Keywords whose order means nothing. The list is a copy: mapping made it. */
function isTextSet(keyword: string, value: unknown): value is string[] {
  return keyword === 'required' && Array.isArray(value);
}
