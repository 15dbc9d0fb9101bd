import type { JsonSchema } from '../schemas/structure';
import { typeOfValue, typesOf, typesOfKeyword, valuesOf } from './alternatives';
import type { Alternative } from './alternatives';
import type { Break, BreakReason } from './break';
import { broken } from './break';
import { isEqual } from './equality';
import { patternOf } from './keywords';
import { numberRules } from './number.rules';

/** How one keyword of the reader is compared. */
export interface ScalarRule {
  readonly types: readonly string[];
  readonly reason: BreakReason;
  /** Does the value satisfy it? */
  accepts(value: never, limit: never): boolean;
  /** Do the writer's schemas make sure of it? */
  isImplied(source: Alternative, limit: never): boolean;
}

const hasSame = (keyword: string) => (source: Alternative, limit: unknown) =>
  source.some((schema) => schema[keyword] === limit);

/** Length as JSON Schema counts it: characters, not UTF-16 units. */
const lengthOf = (text: string) => [...text].length;

const STRING = ['string'];
const RULES: Readonly<Record<string, ScalarRule>> = {
  ...numberRules,
  minLength: {
    types: STRING,
    reason: 'bounds',
    accepts: (text: string, limit: number) => lengthOf(text) >= limit,
    isImplied: (source, limit: number) =>
      limit === 0 || source.some(({ minLength }) => Number(minLength ?? -1) >= limit),
  },
  maxLength: {
    types: STRING,
    reason: 'bounds',
    accepts: (text: string, limit: number) => lengthOf(text) <= limit,
    isImplied: (source, limit: number) =>
      source.some(({ maxLength }) => Number(maxLength ?? Infinity) <= limit),
  },
  pattern: {
    types: STRING,
    reason: 'pattern',
    accepts: (text: string, pattern: string) => patternOf(pattern)?.test(text) ?? false,
    isImplied: hasSame('pattern'),
  },
  ...Object.fromEntries(
    ['format', 'contentEncoding', 'contentMediaType'].map((keyword) => [
      keyword,
      { types: STRING, reason: 'format', accepts: () => false, isImplied: hasSame(keyword) },
    ]),
  ),
};

/** Compares types, listed values, and the keywords of numbers and texts. */
export function scalarBreaks(
  source: Alternative,
  target: JsonSchema,
  path: string,
): readonly Break[] {
  const refused = typeBreaks(source, target, path);
  // A value of another type is refused already: what else is wrong with it says nothing new.
  if (refused.length > 0) return refused;
  return [
    ...valueBreaks(source, target, path),
    ...Object.keys(RULES).flatMap((keyword) => ruleBreaks(keyword, source, target, path)),
  ];
}

function typeBreaks(source: Alternative, target: JsonSchema, path: string): readonly Break[] {
  const accepted = typesOfKeyword(target['type']);
  const lost = [...typesOf(source)].filter((type) => !accepted.has(type));
  if (lost.length === 0) return [];
  const now = [target['type']].flat().join(' or ');
  return broken(path, 'type', `could be ${lost.join(' or ')}, must be ${now}`);
}

function valueBreaks(source: Alternative, target: JsonSchema, path: string): readonly Break[] {
  const lists = [target['enum'], 'const' in target ? [target['const']] : undefined];
  const values = valuesOf(source);
  return lists.flatMap((list) => {
    if (!Array.isArray(list)) return [];
    if (values === null) {
      return broken(path, 'values', `could be any value, must be one of ${shown(list)}`);
    }
    const lost = values.filter((value) => !list.some((other) => isEqual(value, other)));
    return lost.length === 0
      ? []
      : broken(path, 'values', `${shown(lost)} is no longer one of its values`);
  });
}

const shown = (values: readonly unknown[]) => {
  const texts = values.slice(0, 5).map((value) => JSON.stringify(value).slice(0, 60));
  return texts.join(', ') + (values.length > 5 ? ` and ${values.length - 5} more` : '');
};

function ruleBreaks(
  keyword: string,
  source: Alternative,
  target: JsonSchema,
  path: string,
): readonly Break[] {
  const rule = RULES[keyword];
  const limit = target[keyword];
  if (rule === undefined || limit === undefined) return [];
  if (![...typesOf(source)].some((type) => rule.types.includes(type))) return [];
  if (rule.isImplied(source, limit as never)) return [];
  const values = valuesOf(source)?.filter((value) => rule.types.includes(typeOfValue(value)));
  if (values?.every((value) => rule.accepts(value as never, limit as never))) return [];
  const before = source.flatMap((schema) =>
    keyword in schema ? [JSON.stringify(schema[keyword])] : [],
  );
  const was = before.length === 0 ? 'was not set' : `was ${before.join(' and ')}`;
  return broken(path, rule.reason, `${keyword} is ${JSON.stringify(limit)}, it ${was}`);
}
