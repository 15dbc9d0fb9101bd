import { defineContract } from 'millrace/contracts';
import type { EventOf } from 'millrace/contracts';
import { z } from 'zod';

/** The metals whose prices flow through the metals pipeline; closed set. */
export const METALS = ['gold', 'silver', 'platinum', 'palladium', 'copper'] as const;
export type Metal = (typeof METALS)[number];

/** Most unknown fields that one issue names; the rest are counted. */
const NAMED_FIELDS = 5;
const NAMED_FIELD_LENGTH = 40;

const schema = z.strictObject(
  {
    metal: z.enum(METALS, `must be one of ${METALS.join(', ')}`),
    price: z.number('must be a number above 0').positive('must be a number above 0'),
    currency: z
      .string('must be three capital letters, such as USD')
      .regex(/^[A-Z]{3}$/, 'must be three capital letters, such as USD'),
    observedAt: z.iso
      .datetime('must be a date and time in UTC, such as 2024-01-31T00:00:00Z')
      .overwrite(instant),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? unknownFields(issue.keys) : 'must be a JSON object',
  },
);

/**
 * Says that a metal had a price at a time.
 *
 * Keyed by metal, so the prices of one metal keep their order. `price` is per the unit in which the
 * metal is traded, `observedAt` is the time of the quote in UTC with milliseconds; when it was
 * published is the record's own timestamp.
 *
 * @see docs/architecture.md
 */
export const PriceQuoted = defineContract({
  name: 'metals.price.quoted',
  version: 2,
  topic: 'metals-prices',
  key: (event) => event.metal,
  schema,
  // Version 1 had no currency: every source quoted US dollars.
  upcast: { 1: (older: Readonly<Record<string, unknown>>) => ({ ...older, currency: 'USD' }) },
  topicSettings: { partitions: 12 },
});
export type PriceQuoted = EventOf<typeof PriceQuoted>;

/** One form per instant, so that texts sort as times do. Also called for texts that were refused. */
function instant(text: string): string {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? text : time.toISOString();
}

// Names come from outside: an unbounded one would end up in an answer and in a log line.
function unknownFields(keys: readonly string[]): string {
  const named = keys.slice(0, NAMED_FIELDS).map((key) => key.slice(0, NAMED_FIELD_LENGTH));
  const others = keys.length - named.length;
  return `has unknown fields: ${named.join(', ')}${others === 0 ? '' : ` and ${others} more`}`;
}
