import { MAX_JSON_DEPTH } from './json-scan';
import type { JsonFlaw } from './json-scan';

/**
 * Looks at a value that was parsed from JSON for what harms whoever copies or walks it, and for
 * what was lost.
 *
 * @param written - the keys in the text, when they were counted: of one that is there twice the
 * parser keeps one. Default: not compared.
 * @returns what is wrong, to complete "the JSON ..."; null when nothing is.
 */
export function flawOfJson(value: unknown, written?: number): JsonFlaw | null {
  const kept = keysOf(value, 0);
  if (typeof kept !== 'number') return kept;
  const isWhole = written === undefined || kept === written;
  return isWhole ? null : 'has one key twice in an object';
}

type Fields = Readonly<Record<string, unknown>>;

/** @returns how many keys all objects within have together, or what is wrong. */
function keysOf(value: unknown, depth: number): number | JsonFlaw {
  if (typeof value === 'number') {
    return Number.isFinite(value) ? 0 : 'has a number that is infinite when it is read';
  }
  if (typeof value !== 'object' || value === null) return 0;
  if (depth === MAX_JSON_DEPTH) return 'is nested deeper than 32 levels';
  return Array.isArray(value)
    ? keysOfList(value, depth + 1)
    : keysOfObject(value as Fields, depth + 1);
}

function keysOfList(list: readonly unknown[], depth: number): number | JsonFlaw {
  let keys = 0;
  for (const entry of list) {
    const within = keysOf(entry, depth);
    if (typeof within !== 'number') return within;
    keys += within;
  }
  return keys;
}

function keysOfObject(fields: Fields, depth: number): number | JsonFlaw {
  const names = Object.keys(fields);
  let keys = names.length;
  for (const name of names) {
    if (isReaching(name, fields)) return 'has a key that reaches for the prototype of objects';
    const value = fields[name];
    // Most values are texts, and this is done for every record.
    if (typeof value === 'string') continue;
    const within = keysOf(value, depth);
    if (typeof within !== 'number') return within;
    keys += within;
  }
  return keys;
}

/** As a key of its own it does no harm; a copy by assignment or a deep merge makes it the prototype. */
function isReaching(name: string, fields: Fields): boolean {
  if (name === '__proto__') return true;
  if (name !== 'constructor') return false;
  const value = fields[name];
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
}
