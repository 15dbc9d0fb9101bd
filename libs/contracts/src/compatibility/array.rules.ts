import type { JsonSchema } from '../schemas/structure';
import { typesOf } from './alternatives';
import type { Alternative } from './alternatives';
import type { Break } from './break';
import { broken } from './break';
import type { Comparison } from './comparison';

/** The members of a list: those at the beginning by position, then all others. */
interface Members {
  readonly first: readonly unknown[];
  readonly rest: unknown;
}

/** Both spellings: `prefixItems` and `items`, or the `items` and `additionalItems` of draft 7. */
function membersOf({ prefixItems, items, additionalItems }: JsonSchema): Members {
  if (Array.isArray(items)) return { first: items, rest: additionalItems ?? true };
  return { first: (prefixItems ?? []) as readonly unknown[], rest: items ?? true };
}

function memberSchemas(source: Alternative, index: number): readonly unknown[] {
  return source.map((schema) => {
    const { first, rest } = membersOf(schema);
    return index < first.length ? first[index] : rest;
  });
}

interface Limits {
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
}

/** Most members that the writer allows. */
function longestOf(source: Alternative): number {
  return Math.min(
    ...source.map((schema) => {
      const { first, rest } = membersOf(schema);
      const { maxItems = Infinity } = schema as Limits;
      return Math.min(maxItems, rest === false ? first.length : Infinity);
    }),
  );
}

/** Compares the keywords of lists. */
export function arrayBreaks(
  comparison: Comparison,
  source: Alternative,
  target: JsonSchema,
  path: string,
): readonly Break[] {
  if (!typesOf(source).has('array')) return [];
  return [...memberBreaks(comparison, source, target, path), ...lengthBreaks(source, target, path)];
}

function memberBreaks(
  comparison: Comparison,
  source: Alternative,
  target: JsonSchema,
  path: string,
): readonly Break[] {
  const { first, rest } = membersOf(target);
  const longest = longestOf(source);
  const named = Math.max(first.length, ...source.map((each) => membersOf(each).first.length));
  const found: Break[] = [];
  for (let index = 0; index < Math.min(named, longest); index += 1) {
    const wanted = index < first.length ? first[index] : rest;
    found.push(
      ...comparison.compare(memberSchemas(source, index), wanted, `${path}[${String(index)}]`),
    );
  }
  if (longest > named) {
    found.push(...comparison.compare(memberSchemas(source, named), rest, `${path}[]`));
  }
  return found;
}

function lengthBreaks(source: Alternative, target: Limits, path: string): readonly Break[] {
  const { minItems: least = 0, maxItems: most = Infinity, uniqueItems = false } = target;
  const lists = source as readonly Limits[];
  const shortest = Math.max(0, ...lists.map(({ minItems = 0 }) => minItems));
  const longest = longestOf(source);
  const isUnique = longest <= 1 || lists.some((each) => each.uniqueItems === true);
  return [
    ...(shortest >= least ? [] : broken(path, 'bounds', `minItems is ${least} now`)),
    ...(longest <= most ? [] : broken(path, 'bounds', `maxItems is ${most} now`)),
    ...(isUnique || !uniqueItems ? [] : broken(path, 'bounds', 'members must differ now')),
  ];
}
