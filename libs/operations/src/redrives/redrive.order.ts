import type { LetterPosition } from 'millrace/pipeline';
import type { DeadLetterFilter } from '../dead-letters/dead-letter';
import { checkFilter } from '../dead-letters/letter.filter';
import { RedriveSpecInvalidError } from './redrive.errors';
import type { RedriveLimits, RedriveOrder, RedriveSpec } from './redrive.views';

/** What a redrive selects: all that fit, or exactly these. */
export type Selection =
  { readonly filter: DeadLetterFilter } | { readonly positions: readonly LetterPosition[] };

const MAX_POSITIONS = 1_000;
const HIGHEST_MAX_REDRIVES = 100;

/**
 * Makes of what a person asks for what a job keeps.
 *
 * @throws {RedriveSpecInvalidError} REDRIVE_SPEC_INVALID for numbers and positions; retryable: no.
 * @throws {DeadLetterFilterInvalidError} DEADLETTER_FILTER_INVALID for the filter; retryable: no.
 */
export function orderOf(spec: RedriveSpec, limits: RedriveLimits): RedriveOrder {
  const { ratePerSecond = limits.ratePerSecond, maxRecords, force = false } = spec;
  const { maxRedrives = limits.maxRedrives } = spec;
  inRange('ratePerSecond', ratePerSecond, limits.maxRatePerSecond);
  inRange('maxRedrives', maxRedrives, HIGHEST_MAX_REDRIVES);
  if (maxRecords !== undefined) inRange('maxRecords', maxRecords, Number.MAX_SAFE_INTEGER);
  const filter = 'positions' in spec.filter ? positionsJson(spec.filter) : filterJson(spec.filter);
  return { filter, ratePerSecond, maxRecords: maxRecords ?? null, maxRedrives, force };
}

/** The same selection has the same key, however it was written down. */
export function selectionKey({ filter }: RedriveOrder): string {
  return JSON.stringify(filter);
}

/** Reads back what {@link orderOf} wrote. */
export function selectionOf({ filter }: RedriveOrder): Selection {
  const { positions, since, until, offsets, ...rest } = filter as StoredFilter;
  if (positions !== undefined) {
    return {
      positions: positions.map((position) => ({ ...position, offset: BigInt(position.offset) })),
    };
  }
  const { from, to } = offsets ?? {};
  return {
    filter: {
      ...rest,
      ...(since === undefined ? {} : { since: new Date(since) }),
      ...(until === undefined ? {} : { until: new Date(until) }),
      ...(offsets === undefined
        ? {}
        : {
            offsets: {
              ...(from === undefined ? {} : { from: BigInt(from) }),
              ...(to === undefined ? {} : { to: BigInt(to) }),
            },
          }),
    },
  };
}

type StoredFilter = Omit<DeadLetterFilter, 'since' | 'until' | 'offsets'> & {
  readonly positions?: ReadonlyArray<{ topic: string; partition: number; offset: string }>;
  readonly since?: string;
  readonly until?: string;
  readonly offsets?: { readonly from?: string; readonly to?: string };
};

function filterJson(filter: DeadLetterFilter): Readonly<Record<string, unknown>> {
  checkFilter(filter);
  return sorted(filter) as Record<string, unknown>;
}

function positionsJson({ positions }: { readonly positions: readonly LetterPosition[] }) {
  if (positions.length === 0 || positions.length > MAX_POSITIONS) {
    throw new RedriveSpecInvalidError({
      message: `1 to ${MAX_POSITIONS} positions can be redriven at once, not ${positions.length}`,
    });
  }
  const byKey = new Map(
    positions.map(({ topic, partition, offset }) => [
      `${topic}/${partition}/${offset}`,
      { topic, partition, offset },
    ]),
  );
  const ordered = [...byKey.values()].sort(
    (one, two) =>
      compare(one.topic, two.topic) ||
      one.partition - two.partition ||
      compare(one.offset, two.offset),
  );
  return { positions: ordered.map((position) => ({ ...position, offset: `${position.offset}` })) };
}

/** JSON with names in order; what is not given is left out. */
function sorted(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  entries.sort(([one], [two]) => compare(one, two));
  return Object.fromEntries(entries.map(([name, part]) => [name, sorted(part)]));
}

function inRange(name: string, value: number, highest: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= highest) return;
  throw new RedriveSpecInvalidError({
    facts: { field: name },
    message: `${name} is a whole number from 1 to ${highest}, not ${value}`,
  });
}

function compare<T extends string | bigint>(one: T, two: T): number {
  return one < two ? -1 : Number(one > two);
}
