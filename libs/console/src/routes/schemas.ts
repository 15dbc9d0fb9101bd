import { z } from 'zod';

const MAX_NAME = 255;

export const name = z.string().min(1).max(MAX_NAME);

/** Why; kept with what is done. */
export const reason = z.string().trim().min(1).max(500).describe('Why; kept in the audit log.');

/** Of a write that does nothing unless told to. @param promise - example `says what would be sent`. */
export function dryRunFields(promise: string): {
  dryRun: z.ZodOptional<z.ZodBoolean>;
  reason: z.ZodOptional<typeof reason>;
} {
  return {
    dryRun: z.boolean().optional().describe(`Default true: ${promise}.`),
    reason: reason.optional().describe('Why; needed when dryRun is false.'),
  };
}

/** Decimal text: offsets have 64 bits. */
export const offset = z
  .string()
  .regex(/^\d{1,18}$/, 'must be an offset in decimal text')
  .transform((text) => BigInt(text))
  .describe('Decimal text: an offset has 64 bits.');

export const partition = z.int().min(0).max(1_000_000);

const digits = (most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value <= most, `must be at most ${most}`);

/** A partition in a path or a query. */
export const partitionText = digits(1_000_000);

export const limitText = (most: number): ReturnType<typeof digits> =>
  digits(most).refine((value) => value >= 1, 'must be 1 or more');

export const time = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .describe('RFC 3339.');

const partitionName = z.string().regex(/^\d{1,7}$/, 'must be a partition');

/** A time, or an offset by partition. */
export const readPosition = z.union([
  z.strictObject({ time }),
  z.strictObject({ offsets: z.record(partitionName, offset) }),
]);

export const jobId = z.string().min(1).max(64);

export const position = z.strictObject({ topic: name, partition, offset });
