const MAX_FIELDS = 20;
const MAX_DEPTH = 12;

/**
 * Reads the names of the fields that broke the validation rules of a collection.
 *
 * Only names: `consideredValue` and the like hold what the event said.
 *
 * @param errInfo - shape of code 121: `{ details: { schemaRulesNotSatisfied: [...] } }`.
 * @returns empty when there are none.
 */
export function failedFields(errInfo: unknown): readonly string[] {
  const found = new Set<string>();
  collect(errInfo, found, 0);
  return [...found].slice(0, MAX_FIELDS);
}

function collect(part: unknown, found: Set<string>, depth: number): void {
  if (typeof part !== 'object' || part === null || depth > MAX_DEPTH) return;
  if (Array.isArray(part)) {
    for (const entry of part) collect(entry, found, depth + 1);
    return;
  }
  for (const [key, value] of Object.entries(part)) {
    if (key === 'propertyName' && typeof value === 'string') found.add(value);
    else if (key === 'missingProperties' && Array.isArray(value)) {
      for (const name of value) if (typeof name === 'string') found.add(name);
    } else if (!VALUES.has(key)) collect(value, found, depth + 1);
  }
}

const VALUES = new Set([
  'consideredValue',
  'consideredValues',
  'specifiedAs',
  'additionalProperties',
]);
