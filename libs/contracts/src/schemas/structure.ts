/** A JSON Schema document, or a part of one. */
export type JsonSchema = { readonly [keyword: string]: unknown };

export const isSchemaObject = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Keywords whose value is a schema (`items` of draft 7 can also be a list of them). */
const HOLD_ONE: ReadonlySet<string> = new Set([
  ...['additionalItems', 'additionalProperties', 'contains', 'contentSchema', 'else', 'if'],
  ...['items', 'not', 'propertyNames', 'then', 'unevaluatedItems', 'unevaluatedProperties'],
]);
const HOLD_LIST: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'items', 'oneOf', 'prefixItems']);
const HOLD_NAMED: ReadonlySet<string> = new Set([
  ...['$defs', 'definitions', 'dependencies', 'dependentSchemas'],
  ...['patternProperties', 'properties'],
]);

/** Applies a function to each schema of a document, inner ones first. Data (`enum`, `default`) is left alone. */
export function mapSchemas(schema: unknown, change: (schema: JsonSchema) => JsonSchema): unknown {
  if (!isSchemaObject(schema)) return schema;
  const into = (inner: unknown) => mapSchemas(inner, change);
  const entries = Object.entries(schema).map(([keyword, value]) => {
    if (HOLD_NAMED.has(keyword) && isSchemaObject(value)) {
      const named = Object.entries(value).map(([name, inner]) => [name, into(inner)] as const);
      return [keyword, Object.fromEntries(named)] as const;
    }
    if (HOLD_LIST.has(keyword) && Array.isArray(value)) return [keyword, value.map(into)] as const;
    return [keyword, HOLD_ONE.has(keyword) ? into(value) : value] as const;
  });
  return change(Object.fromEntries(entries));
}

/** Every schema of a document, the document first. */
export function schemasIn(document: JsonSchema): ReadonlySet<JsonSchema> {
  const found = new Set<JsonSchema>([document]);
  // A set goes on to what is added while it is walked through.
  for (const schema of found) {
    for (const inner of Object.entries(schema).flatMap(innerSchemas)) {
      if (isSchemaObject(inner)) found.add(inner);
    }
  }
  return found;
}

function innerSchemas([keyword, value]: [string, unknown]): readonly unknown[] {
  if (HOLD_NAMED.has(keyword)) return isSchemaObject(value) ? Object.values(value) : [];
  if (Array.isArray(value)) return HOLD_LIST.has(keyword) ? value : [];
  return HOLD_ONE.has(keyword) ? [value] : [];
}

/**
 * Follows a reference within a document.
 *
 * @returns undefined when it leads out of the document, or nowhere.
 */
export function lookUp(root: unknown, reference: string): unknown {
  const parts = partsOf(reference);
  return parts?.reduce<unknown>((at, part) => {
    if (Array.isArray(at)) return at[Number(part)] as unknown;
    return isSchemaObject(at) && Object.hasOwn(at, part) ? at[part] : undefined;
  }, root);
}

function partsOf(reference: string): readonly string[] | undefined {
  if (reference === '#') return [];
  if (!reference.startsWith('#/')) return undefined;
  try {
    const parts = decodeURIComponent(reference.slice(2)).split('/');
    return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  } catch {
    return undefined;
  }
}
