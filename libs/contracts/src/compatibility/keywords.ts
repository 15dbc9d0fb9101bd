import { isSchemaObject } from '../schemas/structure';

/** Say nothing about which values are valid. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  ...['$schema', '$comment', '$defs', 'definitions', '$anchor', 'title', 'description'],
  ...['default', 'examples', 'deprecated', 'readOnly', 'writeOnly'],
]);

export const isAnnotation = (keyword: string): boolean =>
  ANNOTATIONS.has(keyword) || keyword.startsWith('x-');

const isCount = (value: unknown) => typeof value === 'number' && value >= 0;
const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value);
const isSchema = (value: unknown) => typeof value === 'boolean' || isSchemaObject(value);
const isSchemaList = (value: unknown) =>
  Array.isArray(value) && value.length > 0 && value.every(isSchema);
const isSchemaMap = (value: unknown) =>
  isSchemaObject(value) && Object.values(value).every(isSchema);
const isText = (value: unknown): value is string => typeof value === 'string';
const isTextList = (value: unknown) => Array.isArray(value) && value.every(isText);

/** @returns null when this machine cannot read the pattern. */
export function patternOf(text: string): RegExp | null {
  try {
    return new RegExp(text, 'u');
  } catch {
    return null;
  }
}

const isPattern = (value: unknown) => isText(value) && patternOf(value) !== null;

/** Keywords that the comparison knows, with the form that it can read. */
const FORMS: Readonly<Record<string, (value: unknown) => boolean>> = {
  $ref: isText,
  type: (value) => [value].flat().length > 0 && [value].flat().every(isTypeName),
  enum: (value) => Array.isArray(value),
  const: () => true,
  allOf: isSchemaList,
  anyOf: isSchemaList,
  oneOf: isSchemaList,
  minimum: isNumber,
  maximum: isNumber,
  exclusiveMinimum: isNumber,
  exclusiveMaximum: isNumber,
  multipleOf: (value) => isNumber(value) && Number(value) > 0,
  minLength: isCount,
  maxLength: isCount,
  pattern: isPattern,
  format: isText,
  contentEncoding: isText,
  contentMediaType: isText,
  properties: isSchemaMap,
  patternProperties: (value) => isSchemaMap(value) && Object.keys(value as object).every(isPattern),
  additionalProperties: isSchema,
  propertyNames: isSchema,
  required: isTextList,
  minProperties: isCount,
  maxProperties: isCount,
  items: (value) => isSchema(value) || (Array.isArray(value) && value.every(isSchema)),
  prefixItems: isSchemaList,
  additionalItems: isSchema,
  minItems: isCount,
  maxItems: isCount,
  uniqueItems: (value) => typeof value === 'boolean',
};

export const TYPE_NAMES: readonly string[] = [
  ...['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'],
];

function isTypeName(value: unknown): boolean {
  return isText(value) && TYPE_NAMES.includes(value);
}

/** True for a keyword that the comparison has a rule for. */
export const isKnown = (keyword: string): boolean => Object.hasOwn(FORMS, keyword);

/** True when a known keyword has the form that the specification gives it. */
export const isWellFormed = (keyword: string, value: unknown): boolean =>
  !isKnown(keyword) || FORMS[keyword]?.(value) === true;
