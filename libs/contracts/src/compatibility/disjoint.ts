import { isSchemaObject } from '../schemas/structure';
import { alternativesOf, typesOf, valuesOf } from './alternatives';
import type { Alternative } from './alternatives';
import { isEqual } from './equality';

/** True when no value can satisfy two of the branches, as far as types and constant fields tell. */
export function areApart(branches: readonly unknown[], root: unknown): boolean {
  const expanded = branches.map((branch) => alternativesOf([branch], root));
  return expanded.every((one, index) =>
    expanded
      .slice(index + 1)
      .every((other) => one !== null && other !== null && everyPair(one, other, root)),
  );
}

function everyPair(
  ones: readonly Alternative[],
  others: readonly Alternative[],
  root: unknown,
): boolean {
  return ones.every((one) => others.every((other) => isApart(one, other, root)));
}

function isApart(one: Alternative, other: Alternative, root: unknown): boolean {
  const types = [...typesOf(one)].filter((type) => typesOf(other).has(type));
  if (types.length === 0 || haveNoCommon(valuesOf(one), valuesOf(other))) return true;
  if (!types.every((type) => type === 'object')) return false;
  // A field that one of them demands is there in every value of both.
  const demanded = [...one, ...other].flatMap(({ required }) => required ?? []) as string[];
  return demanded.some((name) =>
    haveNoCommon(fieldValues(one, name, root), fieldValues(other, name, root)),
  );
}

function haveNoCommon(a: readonly unknown[] | null, b: readonly unknown[] | null): boolean {
  return a !== null && b !== null && !a.some((value) => b.some((other) => isEqual(value, other)));
}

/** @returns the only values of the field; null when they are not listed. */
function fieldValues(source: Alternative, name: string, root: unknown): readonly unknown[] | null {
  const schemas = source.flatMap(({ properties }) =>
    isSchemaObject(properties) && Object.hasOwn(properties, name) ? [properties[name]] : [],
  );
  const alternatives = alternativesOf(schemas, root);
  if (alternatives === null) return null;
  const lists = alternatives.map(valuesOf);
  return lists.includes(null) ? null : lists.flatMap((list) => list ?? []);
}
