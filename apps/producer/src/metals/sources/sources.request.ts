import { METALS } from 'millrace/events';
import { z } from 'zod';
import { RequestInvalidError } from '../../producer.errors';

const MOST_GENERATED = 10_000_000;
const HIGHEST_RATE = 100_000;

const wholeNumber = (least: number, most: number) => {
  const message = `must be a whole number from ${least} to ${most}`;
  return z.number(message).int(message).min(least, message).max(most, message);
};

const replay = z.strictObject({
  file: z
    .string('must be text')
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be a name of small letters, digits and -'),
});

const generator = z.strictObject({
  metals: z
    .array(z.enum(METALS, `must be of ${METALS.join(', ')}`), 'must be a list')
    .min(1, 'must name at least one metal')
    .max(METALS.length, 'must name each metal once')
    .refine((metals) => new Set(metals).size === metals.length, 'must name each metal once')
    .default([...METALS]),
  count: wholeNumber(1, MOST_GENERATED),
  ratePerSecond: wholeNumber(1, HIGHEST_RATE),
  burst: wholeNumber(1, HIGHEST_RATE).optional(),
  seed: wholeNumber(0, Number.MAX_SAFE_INTEGER).default(1),
});

/** Reads the request to replay a file. @throws {RequestInvalidError} REQUEST_INVALID */
export function replayRequest(value: unknown): z.output<typeof replay> {
  return parsed(replay, value);
}

/** Reads the request to run the generator. @throws {RequestInvalidError} REQUEST_INVALID */
export function generatorRequest(value: unknown): z.output<typeof generator> {
  return parsed(generator, value);
}

/** Reads the place in the ledger. @throws {RequestInvalidError} REQUEST_INVALID */
export function sinceOf(text: unknown): number {
  if (text === undefined || text === '') return 0;
  if (typeof text === 'string' && /^\d{1,15}$/.test(text)) return Number(text);
  throw invalid([{ path: 'since', message: 'must be the `next` of the page before' }]);
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(
    result.error.issues.map(({ path, message, code }) => ({
      path: path.join('.'),
      // zod's own text repeats the names of unknown fields, which come from outside.
      message: code === 'unrecognized_keys' ? 'has unknown fields' : message,
    })),
  );
}

function invalid(issues: ReadonlyArray<{ readonly path: string; readonly message: string }>) {
  const text = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  return new RequestInvalidError({ message: text.join('; '), facts: { issues } });
}
