import { isSchemaObject } from '../schemas/structure';
import type { JsonSchema } from '../schemas/structure';
import { alternativesOf } from './alternatives';
import type { Alternative } from './alternatives';
import type { Break } from './break';
import { cannotTell } from './break';
import { isEqual, isSameSchema } from './equality';
import { isAnnotation, isKnown } from './keywords';

/** What they say depends on what stands beside them, or on where the schema is. */
const NEVER_CLEAR: ReadonlySet<string> = new Set([
  ...['$id', '$dynamicRef', '$recursiveRef', 'unevaluatedItems', 'unevaluatedProperties'],
]);

const unknownOf = (schema: JsonSchema) =>
  Object.entries(schema).filter(([keyword]) => !isKnown(keyword) && !isAnnotation(keyword));

/** A reference says the same only as long as what it leads to does. */
const hasReference = (value: unknown) => JSON.stringify(value).includes('"$ref"');

/** Keywords without a rule hold when the writer has all of them too, unchanged and in one place. */
export function unknownBreaks(
  source: Alternative,
  target: JsonSchema,
  path: string,
): readonly Break[] {
  const unknown = unknownOf(target);
  const isClear = ([keyword, value]: [string, unknown]) =>
    !NEVER_CLEAR.has(keyword) && !hasReference(value);
  const isHeld = (schema: JsonSchema) =>
    unknown.every(
      ([keyword, value]) => Object.hasOwn(schema, keyword) && isEqual(schema[keyword], value),
    );
  if (unknown.every(isClear) && source.some(isHeld)) return [];
  return unknown.flatMap(([keyword]) => unclear(keyword, path));
}

/** Keywords without a rule that the writer has and the reader has nowhere at this place. */
export function lostKeywords(
  sources: readonly JsonSchema[],
  target: unknown,
  reader: unknown,
  path: string,
): readonly Break[] {
  const unknown = new Map(sources.flatMap(unknownOf));
  if (unknown.size === 0) return [];
  const kept = (alternativesOf([target], reader) ?? []).flat().flatMap(unknownOf);
  const isKept = ([name, value]: [string, unknown]) =>
    kept.some(([keyword, other]) => keyword === name && isEqual(other, value));
  return [...unknown].filter((entry) => !isKept(entry)).flatMap(([name]) => unclear(name, path));
}

const unclear = (keyword: string, path: string) =>
  cannotTell(path, `"${keyword}" is not compared, and it changed or has references`);

/** True when both have the same `oneOf`, word for word and without references. */
export function isSameUnion(source: unknown, { oneOf }: JsonSchema): boolean {
  if (!isSchemaObject(source) || oneOf === undefined || hasReference(oneOf)) return false;
  return isSameSchema(source['oneOf'], oneOf);
}
