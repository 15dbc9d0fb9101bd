/** Deepest nesting of a document; the server's own limit is 100. */
export const MAX_DOCUMENT_DEPTH = 32;

/** Why a document must not be sent; closed set. */
export const DOCUMENT_FLAWS = [
  'a key holds a NUL character',
  'a key starts with $',
  'a key is named _bsontype',
  'it is nested deeper than 32 levels',
  'an integer has more than 64 bits',
  'a date is not valid',
] as const;
export type DocumentFlaw = (typeof DOCUMENT_FLAWS)[number];

/**
 * How keys that start with `$` are taken: as an attack, or as the operators of an update. In an update
 * they are operators only where MongoDB reads them as such: inside of a value they are an attack too.
 */
export type DollarKeys = 'refused' | 'allowed';

/**
 * Looks for what makes the driver reject a whole bulk, or the server store something else than was
 * meant, before anything is sent.
 *
 * A filter, not a proof: what it does not know (a getter that throws, 16 MiB) is found when the
 * bulk is narrowed down.
 *
 * @returns null when the document may be sent.
 */
export function flawOf(document: object, dollarKeys: DollarKeys = 'refused'): DocumentFlaw | null {
  return dollarKeys === 'refused' ? scan(document, true, 1) : scanUpdate(document);
}

type Fields = Readonly<Record<string, unknown>>;

function scanUpdate(update: object): DocumentFlaw | null {
  for (const operator of Object.keys(update)) {
    const fields = (update as Fields)[operator];
    // The values of $pull are conditions, with operators of their own.
    const flaw = scanValue(
      operator === '$addToSet' ? added(fields) : fields,
      operator !== '$pull',
      1,
    );
    if (flaw !== null) return flaw;
  }
  return null;
}

/** `$each` is an operator of `$addToSet`; what counts is what it adds. */
function added(fields: unknown): unknown {
  const entries = Object.entries(Object(fields) as Fields);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, isEach(value) ? value.$each : value]),
  );
}

function isEach(value: unknown): value is { readonly $each: readonly unknown[] } {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  return keys.length === 1 && keys[0] === '$each' && Array.isArray((value as Fields)['$each']);
}

const DOLLAR = 36;

function scan(part: object, refusesDollar: boolean, depth: number): DocumentFlaw | null {
  if (depth > MAX_DOCUMENT_DEPTH) return 'it is nested deeper than 32 levels';
  if (Array.isArray(part)) {
    for (const entry of part as readonly unknown[]) {
      const flaw = scanValue(entry, refusesDollar, depth);
      if (flaw !== null) return flaw;
    }
    return null;
  }
  const fields = (part instanceof Map ? Object.fromEntries(part) : part) as Fields;
  for (const key of Object.keys(fields)) {
    if (refusesDollar && key.charCodeAt(0) === DOLLAR) return 'a key starts with $';
    if (key === '_bsontype') return 'a key is named _bsontype';
    if (key.includes('\0')) return 'a key holds a NUL character';
    const flaw = scanValue(fields[key], refusesDollar, depth);
    if (flaw !== null) return flaw;
  }
  return null;
}

function scanValue(value: unknown, refusesDollar: boolean, depth: number): DocumentFlaw | null {
  if (typeof value === 'bigint') {
    return BigInt.asIntN(64, value) === value ? null : 'an integer has more than 64 bits';
  }
  if (typeof value !== 'object' || value === null) return null;
  // BSON has no form for it: the driver would write 1970-01-01.
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'a date is not valid' : null;
  if (isLeaf(value)) return null;
  return scan(value, refusesDollar, depth + 1);
}

/** Types with a BSON form of their own have `_bsontype` on the prototype; data has it as its own key. */
function isLeaf(value: object): boolean {
  if (Array.isArray(value)) return false;
  if (value instanceof RegExp || ArrayBuffer.isView(value)) return true;
  return '_bsontype' in value && !Object.hasOwn(value, '_bsontype');
}
