import { z } from 'zod';

const digits = (what: string) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `must be ${what}`)
    .transform(Number);

/** Any text that is not empty. */
export const text = z.string().min(1, 'must not be empty');

/** A TCP port, 0-65535; 0 = any free port. */
export const port = digits('a port, 0 to 65535').refine(
  (value) => value <= 65_535,
  'must be a port, 0 to 65535',
);

/** A whole number of milliseconds, from 0; at most 24 days, the limit of a timer. */
export const durationMs = digits('a whole number of milliseconds').refine(
  (value) => value <= 2_147_483_647,
  'must be at most 2147483647 ms',
);

/** A whole number of bytes, from 0. */
export const bytes = digits('a whole number of bytes');

/** A whole number, from 0. */
export const count = digits('a whole number, 0 or more');

/** `true`, `1`, `false` or `0`. */
export const flag = z
  .enum(['true', 'false', '1', '0'], 'must be true, false, 1 or 0')
  .transform((value) => value === 'true' || value === '1');

/** A number from 0 to 1. */
export const ratio = z
  .string()
  .regex(/^(0(\.\d{1,9})?|1(\.0{1,9})?)$/, 'must be a number from 0 to 1')
  .transform(Number);

/** Words between commas; blanks around them are cut, empty words are dropped; at least one. */
export const list = z
  .string()
  .transform((value): readonly string[] =>
    value
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  )
  .refine((words) => words.length > 0, 'must name at least one');

/** One word of a closed set. */
export function oneOf<const W extends readonly [string, ...string[]]>(
  ...words: W
): z.ZodEnum<{ [K in W[number]]: K }> {
  return z.enum(words, `must be one of ${words.join(', ')}`);
}
