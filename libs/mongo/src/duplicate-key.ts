/** Which unique index refused a document. */
export interface DuplicateKey {
  /** Name of the index; null when the answer does not tell. */
  readonly index: string | null;
  readonly isId: boolean;
}

/** The parts of a duplicate key error that tell the index; a driver may drop `keyPattern`. */
export interface DuplicateKeyAnswer {
  readonly errmsg?: string;
  readonly message?: string;
  readonly keyPattern?: unknown;
  readonly err?: { readonly keyPattern?: unknown };
}

const ID_INDEX = '_id_';
// What follows is chosen by the sender of the event and could imitate the words before it.
const VALUE_PART = ' dup key:';

/**
 * Reads which index a duplicate key error is about.
 *
 * The driver drops `keyPattern` from the errors of a bulk (7.8), so the text is what is left:
 * `E11000 duplicate key error collection: db.c index: _id_ dup key: { ... }`; before 4.4
 * `... index: db.c.$_id_ dup key: ...`.
 */
export function duplicateKeyOf(answer: DuplicateKeyAnswer): DuplicateKey {
  const text = answer.errmsg ?? answer.message ?? '';
  const index = indexName(text);
  const pattern = answer.keyPattern ?? answer.err?.keyPattern;
  if (typeof pattern === 'object' && pattern !== null) {
    const keys = Object.keys(pattern);
    return { index, isId: keys.length === 1 && keys[0] === '_id' };
  }
  return { index, isId: index === ID_INDEX };
}

function indexName(text: string): string | null {
  const end = text.indexOf(VALUE_PART);
  const head = end === -1 ? text : text.slice(0, end);
  const found = /\bindex: (\S+)(?: collation: .*)?\s*$/.exec(head)?.[1];
  if (found === undefined) return null;
  return found.slice(found.lastIndexOf('$') + 1);
}
