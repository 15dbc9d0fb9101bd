import { isSchemaObject, lookUp, schemasIn } from '../schemas/structure';
import type { JsonSchema } from '../schemas/structure';
import type { Break } from './break';
import { cannotTell } from './break';
import { Comparison } from './comparison';
import { isSameSchema } from './equality';
import { isWellFormed } from './keywords';

/**
 * Which side must understand the other; closed set.
 *
 * `backward`: readers with the new schema read what was written under the old one. `forward`:
 * readers with the old schema read what is written under the new one. `full`: both.
 */
export const COMPATIBILITY_MODES = ['backward', 'forward', 'full'] as const;
export type CompatibilityMode = (typeof COMPATIBILITY_MODES)[number];

export interface Breaking extends Break {
  /** Who no longer understands the other side. */
  readonly direction: 'backward' | 'forward';
}

export interface Compatibility {
  readonly compatible: boolean;
  readonly breaks: readonly Breaking[];
}

/**
 * Says whether readers get along with a changed JSON Schema, and names each field that breaks them.
 *
 * Promises: total (any JSON is an answer, never an error) and on the safe side: `compatible` means
 * that every event valid for the writer is valid for the reader; what cannot be compared is a break
 * with reason `cannot-tell`. Texts that only describe are not compared.
 *
 * @param mode - default `backward`.
 */
export function compatibility(
  before: unknown,
  after: unknown,
  mode: CompatibilityMode = 'backward',
): Compatibility {
  const breaks: Breaking[] = [];
  if (mode !== 'forward') breaks.push(...found('backward', before, after));
  if (mode !== 'backward') breaks.push(...found('forward', after, before));
  return { compatible: breaks.length === 0, breaks };
}

function found(direction: Breaking['direction'], writer: unknown, reader: unknown): Breaking[] {
  return compareDocuments(rooted(writer), rooted(reader)).map((each) => ({ ...each, direction }));
}

function compareDocuments(writer: unknown, reader: unknown): readonly Break[] {
  if ([writer, reader].some((document) => depthOf(document) > MAX_DEPTH)) {
    return cannotTell('', 'it is nested too deep');
  }
  if (isSameSchema(writer, reader)) return [];
  const problems = [...problemsOf(writer), ...problemsOf(reader)];
  if (dialectOf(writer) !== dialectOf(reader)) problems.push('the dialect "$schema" changed');
  if (problems.length > 0) return problems.flatMap((problem) => cannotTell('', problem));
  return new Comparison(writer, reader).compare([writer], reader, '');
}

/** Deeper documents are not looked at: every step into them is a call. */
const MAX_DEPTH = 500;

function depthOf(document: unknown): number {
  let depth = 0;
  for (let level = [document]; level.length > 0 && depth <= MAX_DEPTH; depth += 1) {
    level = level.flatMap(innerValues);
  }
  return depth;
}

const innerValues = (value: unknown): unknown[] =>
  typeof value === 'object' && value !== null ? Object.values(value) : [];

/** The name of the document as a whole means nothing; one inside changes what references mean. */
function rooted(document: unknown): unknown {
  if (!isSchemaObject(document)) return document;
  const { $id, ...rest } = document;
  void $id;
  return rest;
}

const dialectOf = (document: unknown) =>
  isSchemaObject(document) ? document['$schema'] : undefined;

/** What keeps a document from being compared at all. */
function problemsOf(document: unknown): string[] {
  if (typeof document === 'boolean') return [];
  if (!isSchemaObject(document)) return ['it is no JSON Schema'];
  const schemas = schemasIn(document);
  const problems = new Set<string>();
  for (const schema of schemas) {
    for (const [keyword, value] of Object.entries(schema)) {
      if (!isWellFormed(keyword, value)) problems.add(`"${keyword}" has a form that is not known`);
    }
    const { $ref: reference } = schema;
    if (typeof reference !== 'string') continue;
    const target = lookUp(document, reference);
    if (typeof target !== 'boolean' && !schemas.has(target as JsonSchema)) {
      problems.add(`the reference "${reference}" leads to no schema of the document`);
    }
  }
  if (problems.size === 0 && hasCircle(document, schemas)) {
    problems.add('a reference leads back to itself');
  }
  return [...problems];
}

/** True when following references and combinations, without a step into a value, never ends. */
function hasCircle(root: JsonSchema, schemas: ReadonlySet<JsonSchema>): boolean {
  const done = new Set<unknown>();
  const passing = new Set<unknown>();
  const isCircle = (schema: unknown): boolean => {
    if (passing.has(schema)) return true;
    if (!isSchemaObject(schema) || done.has(schema)) return false;
    const { $ref, allOf, anyOf, oneOf } = schema;
    const next = [allOf, anyOf, oneOf].flat();
    if (typeof $ref === 'string') next.push(lookUp(root, $ref));
    passing.add(schema);
    const found = next.some(isCircle);
    passing.delete(schema);
    done.add(schema);
    return found;
  };
  return [...schemas].some(isCircle);
}
