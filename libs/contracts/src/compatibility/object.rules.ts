import { isSchemaObject } from '../schemas/structure';
import type { JsonSchema } from '../schemas/structure';
import { typesOf } from './alternatives';
import type { Alternative } from './alternatives';
import type { Break } from './break';
import { broken, fieldOf } from './break';
import type { Comparison } from './comparison';
import { patternOf } from './keywords';

const mapOf = (value: unknown): JsonSchema => (isSchemaObject(value) ? value : {});
const ownField = (map: JsonSchema, name: string) =>
  Object.hasOwn(map, name) ? [map[name]] : ([] as unknown[]);

/** What one schema says about a field by name or by pattern; nothing when it does not mention it. */
function mentionsOf(schema: JsonSchema, name: string): readonly unknown[] {
  const byPattern = Object.entries(mapOf(schema['patternProperties']))
    .filter(([pattern]) => patternOf(pattern)?.test(name))
    .map(([, inner]) => inner);
  return [...ownField(mapOf(schema['properties']), name), ...byPattern];
}

/** Every schema that the value of a field satisfies. */
function fieldSchemas(source: Alternative, name: string): readonly unknown[] {
  return source.flatMap((schema) => {
    const mentioned = mentionsOf(schema, name);
    return mentioned.length > 0 ? mentioned : [schema['additionalProperties'] ?? true];
  });
}

const requiredOf = (source: Alternative): ReadonlySet<string> =>
  new Set(source.flatMap(({ required }) => (required ?? []) as readonly string[]));
const namesOf = (source: Alternative): readonly string[] => [
  ...new Set(source.flatMap(({ properties }) => Object.keys(mapOf(properties)))),
];
/** No field but those that it names. */
const isClosed = ({ additionalProperties, patternProperties }: JsonSchema) =>
  additionalProperties === false && Object.keys(mapOf(patternProperties)).length === 0;

/** Compares the keywords of objects. */
export function objectBreaks(
  comparison: Comparison,
  source: Alternative,
  target: JsonSchema,
  path: string,
): readonly Break[] {
  if (!typesOf(source).has('object')) return [];
  return [
    ...requiredBreaks(source, target, path),
    ...namedBreaks(comparison, source, target, path),
    ...otherBreaks(comparison, source, target, path),
    ...patternBreaks(comparison, source, target, path),
    ...fieldNameBreaks(comparison, source, target, path),
    ...countBreaks(source, target, path),
  ];
}

function requiredBreaks(source: Alternative, target: JsonSchema, path: string): readonly Break[] {
  const there = requiredOf(source);
  const required = (target['required'] ?? []) as readonly string[];
  return required
    .filter((name) => !there.has(name))
    .flatMap((name) => {
      const isNew = source.every((schema) => mentionsOf(schema, name).length === 0);
      const message = isNew ? 'a new field is required' : 'an optional field became required';
      return broken(fieldOf(path, name), 'required', message);
    });
}

function namedBreaks(
  comparison: Comparison,
  source: Alternative,
  target: JsonSchema,
  path: string,
): readonly Break[] {
  return Object.entries(mapOf(target['properties'])).flatMap(([name, schema]) => {
    const place = fieldOf(path, name);
    const found = comparison.compare(fieldSchemas(source, name), schema, place);
    const isMentioned = source.some((each) => mentionsOf(each, name).length > 0);
    if (found.length === 0 || isMentioned) return found;
    const message = 'fields were not limited, so events can hold anything under this new name';
    return broken(place, 'open-field', message);
  });
}

/** Fields that the reader neither names nor has a pattern for. */
function otherBreaks(
  comparison: Comparison,
  source: Alternative,
  target: JsonSchema,
  path: string,
): readonly Break[] {
  const { additionalProperties: others = true } = target;
  if (others === true) return [];
  const named = namesOf(source).filter((name) => mentionsOf(target, name).length === 0);
  const found = named.flatMap((name) => {
    const place = fieldOf(path, name);
    const inner = comparison.compare(fieldSchemas(source, name), others, place);
    if (inner.length === 0 || others !== false) return inner;
    return broken(place, 'refused-field', 'the field is gone, and unknown fields are refused');
  });
  const known = new Set(Object.keys(mapOf(target['patternProperties'])));
  const isHeld = source.some((schema) => {
    const patterns = Object.entries(mapOf(schema['patternProperties']));
    const rest = patterns.filter(([pattern]) => !known.has(pattern)).map(([, inner]) => inner);
    return [schema['additionalProperties'] ?? true, ...rest].every(
      (inner) => comparison.compare([inner], others, fieldOf(path, '*')).length === 0,
    );
  });
  if (isHeld) return found;
  const message = 'fields were not limited, now those without a name are';
  return [...found, ...broken(fieldOf(path, '*'), 'open-field', message)];
}

function patternBreaks(
  comparison: Comparison,
  source: Alternative,
  target: JsonSchema,
  path: string,
): readonly Break[] {
  return Object.entries(mapOf(target['patternProperties'])).flatMap(([pattern, schema]) => {
    const place = fieldOf(path, '*');
    const found = namesOf(source)
      .filter((name) => patternOf(pattern)?.test(name))
      .flatMap((name) =>
        comparison.compare(fieldSchemas(source, name), schema, fieldOf(path, name)),
      );
    const isHeld = source.some((each) => {
      const patterns = mapOf(each['patternProperties']);
      const same = ownField(patterns, pattern);
      const all = [each['additionalProperties'] ?? true, ...Object.values(patterns)];
      const holds = (inner: unknown) => comparison.compare([inner], schema, place).length === 0;
      return same.some(holds) || all.every(holds);
    });
    if (isHeld) return found;
    return [...found, ...broken(place, 'open-field', `fields like "${pattern}" were wider`)];
  });
}

function fieldNameBreaks(
  comparison: Comparison,
  source: Alternative,
  target: JsonSchema,
  path: string,
): readonly Break[] {
  const { propertyNames } = target;
  if (propertyNames === undefined) return [];
  const place = fieldOf(path, '*');
  if (source.some(isClosed)) {
    return namesOf(source).flatMap((name) =>
      comparison.compare([{ const: name }], propertyNames, fieldOf(path, name)),
    );
  }
  const own = source.flatMap((schema) => schema['propertyNames'] ?? []);
  return comparison.compare([{ type: 'string' }, ...own], propertyNames, place);
}

function countBreaks(source: Alternative, target: JsonSchema, path: string): readonly Break[] {
  const { minProperties: least = 0, maxProperties: most = Infinity } = target as Limits;
  const lists = source as readonly Limits[];
  const fewest = Math.max(requiredOf(source).size, ...lists.map((each) => each.minProperties ?? 0));
  const closed = source.some(isClosed) ? namesOf(source).length : Infinity;
  const highest = Math.min(closed, ...lists.map((each) => each.maxProperties ?? Infinity));
  return [
    ...(fewest >= least ? [] : broken(path, 'bounds', `minProperties is ${least} now`)),
    ...(highest <= most ? [] : broken(path, 'bounds', `maxProperties is ${most} now`)),
  ];
}

interface Limits {
  readonly minProperties?: number;
  readonly maxProperties?: number;
}
