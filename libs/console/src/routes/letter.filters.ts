import type { DeadLetterFilter } from 'millrace/operations';
import { DEAD_LETTER_REASONS } from 'millrace/pipeline';
import { z } from 'zod';
import { ConsoleMessagesOffError } from '../console.errors';
import { name, offset, partition, partitionText, time } from './schemas';

const fields = {
  topic: name.optional().describe('Source topic, or the dead letter topic itself.'),
  reason: z.enum(DEAD_LETTER_REASONS).optional(),
  errorCode: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{0,99}$/, 'must be a code like CONTRACT_INVALID')
    .optional(),
  groupId: name.optional(),
  key: z.string().max(1_024).optional(),
  contract: name.optional().describe('`<name> v<version>`, or the name for every version.'),
  since: time.optional(),
  until: time.optional(),
  parked: z.enum(['only', 'without', 'any']).optional(),
};

/** A filter in a query. */
export const letterQuery = z.strictObject({ ...fields, partition: partitionText.optional() });

/** A filter in a body. */
export const letterFilter = z.strictObject({
  ...fields,
  partition: partition.optional(),
  offsets: z.strictObject({ from: offset.optional(), to: offset.optional() }).optional(),
});

/**
 * What operations understand: fields that were not given are left out.
 *
 * @throws {ConsoleMessagesOffError} CONSOLE_MESSAGES_OFF for a key: trying keys would tell them.
 */
export function filterOf(
  { offsets, ...filter }: z.output<typeof letterFilter>,
  showsMessages: boolean,
): DeadLetterFilter {
  if (filter.key !== undefined && !showsMessages) throw new ConsoleMessagesOffError();
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  if (offsets === undefined) return Object.fromEntries(given);
  const range = Object.entries(offsets).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), offsets: Object.fromEntries(range) };
}
