import { isSchemaObject, lookUp } from './structure';

/** A schema that is being written. */
type Draft = Record<string, unknown>;

const isDraft = (value: unknown): value is Draft => isSchemaObject(value);

/** Keyword of a field whose value logs and consoles mask. */
export const PERSONAL_DATA_KEYWORD = 'x-personal-data';

/**
 * Marks the field at a dotted path wherever the schema has it: in every branch, below lists too.
 *
 * @returns false when it is nowhere.
 */
export function markField(root: Draft, path: string): boolean {
  return mark({ root, at: root, rest: path.split('.'), passed: new Set() });
}

interface Step {
  readonly root: Draft;
  readonly at: unknown;
  readonly rest: readonly string[];
  /** References that were followed without a step into a field: a cycle ends there. */
  readonly passed: ReadonlySet<string>;
}

function mark({ root, at, rest, passed }: Step): boolean {
  if (!isDraft(at)) return false;
  const [field, ...deeper] = rest;
  if (field === undefined) {
    at[PERSONAL_DATA_KEYWORD] = true;
    return true;
  }
  const into = (inner: unknown) => mark({ root, at: inner, rest: deeper, passed: new Set() });
  const along = (inner: unknown, seen = passed) => mark({ root, at: inner, rest, passed: seen });
  const found = fieldsOf(at, field).map(into);
  for (const branch of branchesOf(at)) found.push(along(branch));
  const { $ref: reference } = at;
  if (typeof reference === 'string' && !passed.has(reference)) {
    found.push(along(lookUp(root, reference), new Set([...passed, reference])));
  }
  return found.includes(true);
}

function fieldsOf(schema: Draft, field: string): readonly unknown[] {
  const { properties, additionalProperties } = schema;
  if (isDraft(properties) && Object.hasOwn(properties, field)) return [properties[field]];
  return isDraft(additionalProperties) ? [additionalProperties] : [];
}

/** Where the same field can be too: alternatives, and the members of a list. */
function branchesOf(schema: Draft): readonly unknown[] {
  const { items, prefixItems, anyOf, oneOf, allOf } = schema;
  return [items, prefixItems, anyOf, oneOf, allOf].flat();
}
