import { METALS } from 'millrace/events';
import { z } from 'zod';
import { QueryInvalidError } from '../processor.errors';
import { CANDLE_INTERVALS } from './candle';
import type { CandlesQuery, PricesQuery } from './price.queries';

const MOST_RESULTS = 1_000;
const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z)?$/;
const TIME_WANTED = 'must be a day or a time in UTC: 2024-01-31 or 2024-01-31T00:00:00Z';
const LIMIT_WANTED = `must be a whole number from 1 to ${MOST_RESULTS}`;

const time = z
  .string(TIME_WANTED)
  .refine((text) => TIME.test(text) && !Number.isNaN(Date.parse(text)), TIME_WANTED)
  .transform((text) => new Date(text))
  .optional();

const everyQuery = {
  metal: z.enum(METALS, `must be one of ${METALS.join(', ')}`),
  from: time,
  to: time,
};

const limit = (otherwise: string) =>
  z
    .string(LIMIT_WANTED)
    .regex(/^\d{1,4}$/, LIMIT_WANTED)
    .default(otherwise)
    .transform(Number)
    .refine((value) => value >= 1 && value <= MOST_RESULTS, LIMIT_WANTED);

const prices = z.strictObject({ ...everyQuery, limit: limit('100') });

const candles = z.strictObject({
  ...everyQuery,
  limit: limit('100'),
  interval: z.enum(CANDLE_INTERVALS, `must be one of ${CANDLE_INTERVALS.join(', ')}`).default('1d'),
  currency: z
    .string('must be three capital letters')
    .regex(/^[A-Z]{3}$/, 'must be three capital letters')
    .default('USD'),
});

/** Reads `GET /prices/:metal`. @throws {QueryInvalidError} QUERY_INVALID with every bad field. */
export function pricesQuery(metal: string, parameters: object): PricesQuery {
  return parsed(prices, { ...parameters, metal });
}

/** Reads `GET /candles/:metal`. @throws {QueryInvalidError} QUERY_INVALID with every bad field. */
export function candlesQuery(metal: string, parameters: object): CandlesQuery {
  return parsed(candles, { ...parameters, metal });
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message, code }) => ({
    path: path.join('.'),
    // zod's own text repeats the names of unknown parameters, which come from outside.
    message: code === 'unrecognized_keys' ? 'has unknown parameters' : message,
  }));
  const text = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  throw new QueryInvalidError({ message: text.join('; '), facts: { issues } });
}
