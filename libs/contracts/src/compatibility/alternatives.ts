import { isSchemaObject, lookUp } from '../schemas/structure';
import type { JsonSchema } from '../schemas/structure';
import { isEqual } from './equality';
import { TYPE_NAMES } from './keywords';

/**
 * One way in which a value can be valid: it satisfies all of these at once. None of them has
 * alternatives or references of its own.
 */
export type Alternative = readonly JsonSchema[];

/** Above this a schema has too many combinations to look at. */
const MAX_ALTERNATIVES = 64;
const COMBINING = ['$ref', 'allOf', 'anyOf', 'oneOf'] as const;

/**
 * Multiplies out references and combinations.
 *
 * What cannot be followed is left out, so the answer allows at least what the schemas allow.
 *
 * @returns none for what no value satisfies; null when there are too many.
 */
export function alternativesOf(
  schemas: readonly unknown[],
  root: unknown,
  passed: ReadonlySet<unknown> = new Set(),
): readonly Alternative[] | null {
  return schemas.reduce<readonly Alternative[] | null>(
    (known, schema) => combine(known, () => expand(schema, root, passed)),
    [[]],
  );
}

function expand(
  schema: unknown,
  root: unknown,
  passed: ReadonlySet<unknown>,
): readonly Alternative[] | null {
  if (schema === false) return [];
  if (!isSchemaObject(schema) || passed.has(schema)) return [[]];
  const seen = new Set([...passed, schema]);
  const { $ref, allOf = [], anyOf, oneOf } = schema;
  // Draft 7 ignores what stands beside a reference; without it the answer allows no less.
  const own = typeof $ref === 'string' && isOldDialect(root) ? [] : [[plainPart(schema)]];
  const parts: Array<() => readonly Alternative[] | null> = own.map((alone) => () => [alone]);
  if (typeof $ref === 'string') parts.push(() => expand(lookUp(root, $ref) ?? true, root, seen));
  if (own.length === 0) return parts.reduce(combine, [[]] as readonly Alternative[] | null);
  parts.push(() => alternativesOf(allOf as readonly unknown[], root, seen));
  for (const union of [anyOf, oneOf]) {
    if (Array.isArray(union)) parts.push(() => unite(union, root, seen));
  }
  return parts.reduce(combine, [[]] as readonly Alternative[] | null);
}

function unite(branches: readonly unknown[], root: unknown, seen: ReadonlySet<unknown>) {
  const all: Alternative[] = [];
  for (const branch of branches) {
    const more = expand(branch, root, seen);
    if (more === null || all.length + more.length > MAX_ALTERNATIVES) return null;
    all.push(...more);
  }
  return all;
}

function combine(
  known: readonly Alternative[] | null,
  next: () => readonly Alternative[] | null,
): readonly Alternative[] | null {
  const more = known === null ? null : next();
  if (known === null || more === null || known.length * more.length > MAX_ALTERNATIVES) return null;
  return known.flatMap((one) => more.map((other) => [...one, ...other]));
}

function plainPart(schema: JsonSchema): JsonSchema {
  if (!COMBINING.some((keyword) => keyword in schema)) return schema;
  const rest = { ...schema };
  for (const keyword of COMBINING) delete (rest as Record<string, unknown>)[keyword];
  return rest;
}

const isOldDialect = (root: unknown) =>
  isSchemaObject(root) && /draft-0[3-7]/.test(String(root['$schema']));

/** Types a value can have; `number` stands for numbers that are not whole. */
export type TypeSet = ReadonlySet<string>;

export function typesOfKeyword(type: unknown): TypeSet {
  if (type === undefined) return new Set(TYPE_NAMES);
  const names = [type].flat().map(String);
  return new Set(names.includes('number') ? [...names, 'integer'] : names);
}

/** The types that all of them allow. */
export function typesOf(alternative: Alternative): TypeSet {
  const values = valuesOf(alternative);
  const sets = alternative.map(({ type }) => typesOfKeyword(type));
  if (values !== null) sets.push(new Set(values.map(typeOfValue)));
  return new Set(TYPE_NAMES.filter((name) => sets.every((set) => set.has(name))));
}

export function typeOfValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** @returns the only values that can be valid; null when they are not listed. */
export function valuesOf(alternative: Alternative): readonly unknown[] | null {
  const lists = alternative.flatMap((schema) => {
    const { type, enum: listed } = schema;
    const found: unknown[][] = 'const' in schema ? [[schema['const']]] : [];
    if (Array.isArray(listed)) found.push(listed);
    if (type === 'null') found.push([null]);
    if (type === 'boolean') found.push([true, false]);
    return found;
  });
  const [first, ...others] = lists;
  if (first === undefined) return null;
  return first.filter((value) => others.every((list) => list.some((each) => isEqual(each, value))));
}

/** True when no value satisfies them all, as far as types and listed values tell. */
export function isImpossible(alternative: Alternative): boolean {
  return typesOf(alternative).size === 0;
}

/** Splits what can be split by listed value or by type, for a reader that has a branch for each. */
export function piecesOf(alternative: Alternative): readonly Alternative[] {
  const values = valuesOf(alternative);
  if (values !== null) {
    return values.map((value) => [...alternative, { const: value }, exactly(value)]);
  }
  return [...typesOf(alternative)].map((type) => [...alternative, { type }]);
}

/** The schema that only this value satisfies, as far as its own fields and members go. */
function exactly(value: unknown): JsonSchema {
  if (Array.isArray(value)) {
    const count = { minItems: value.length, maxItems: value.length };
    return { prefixItems: value.map((each: unknown) => ({ const: each })), items: false, ...count };
  }
  if (!isSchemaObject(value)) return {};
  const fields = Object.entries(value).map(([name, each]) => [name, { const: each }]);
  return {
    properties: Object.fromEntries(fields) as JsonSchema,
    required: Object.keys(value),
    additionalProperties: false,
  };
}
