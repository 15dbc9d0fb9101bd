/** What kind of rule a change breaks; closed set. */
export const BREAK_REASONS = [
  'type',
  'values',
  'required',
  'refused-field',
  'open-field',
  'bounds',
  'pattern',
  'format',
  'union',
  'cannot-tell',
] as const;
export type BreakReason = (typeof BREAK_REASONS)[number];

/** One thing that the writer's schema allows and the reader's does not. */
export interface Break {
  /** Dotted path of the field, `[]` for the members of a list, `*` for fields without a name; empty for the event itself. */
  readonly path: string;
  readonly reason: BreakReason;
  readonly message: string;
}

/** `customer` and `email` are `customer.email`. */
export const fieldOf = (path: string, name: string): string =>
  path === '' ? name : `${path}.${name}`;

export function broken(path: string, reason: BreakReason, message: string): readonly Break[] {
  return [{ path, reason, message }];
}

export function cannotTell(path: string, why: string): readonly Break[] {
  return broken(path, 'cannot-tell', `cannot tell: ${why}`);
}

/** Each finding once; branches of a union often find the same. */
export function unique(breaks: readonly Break[]): readonly Break[] {
  const known = new Map(breaks.map((each) => [`${each.path}\n${each.message}`, each]));
  return [...known.values()];
}
