import type { CaseFigures, CaseName } from './bench.order';
import { rounded } from './statistics';

/** Figures of each case, one per round, in the order of the rounds. */
export type Measured = Readonly<Partial<Record<CaseName, readonly CaseFigures[]>>>;

/** What a comparison came to. */
export interface Verdict {
  readonly name: string;
  /** What the value is; example `CPU of the framework / CPU of the hand loop`. */
  readonly meaning: string;
  readonly value: number;
  /** null = only printed. */
  readonly limit: {
    readonly kind: 'at most' | 'at least' | 'exactly';
    readonly value: number;
  } | null;
  readonly passed: boolean;
  /** More of the same comparison, only printed. */
  readonly beside: Readonly<Record<string, number>>;
}

/** A comparison of cases that run in the same rounds. */
export interface Gate {
  readonly name: string;
  /** `quick` ones run without `--full` too. */
  readonly set: 'quick' | 'full';
  readonly cases: readonly CaseName[];
  judge(measured: Measured, run: { readonly malformedRecords: number }): readonly Verdict[];
}

/** Judges a value. */
export function verdict(
  name: string,
  meaning: string,
  value: number,
  limit: Verdict['limit'],
  beside: Readonly<Record<string, number>>,
): Verdict {
  const entries = Object.entries(beside).map(([key, number]) => [key, rounded(number)]);
  return {
    name,
    meaning,
    value: rounded(value),
    limit,
    passed: holds(value, limit),
    beside: Object.fromEntries(entries) as Record<string, number>,
  };
}

/** A value that is no number never passes: it was not measured. */
function holds(value: number, limit: Verdict['limit']): boolean {
  if (limit === null) return true;
  switch (limit.kind) {
    case 'at most':
      return value <= limit.value;
    case 'at least':
      return value >= limit.value;
    case 'exactly':
      return value === limit.value;
    default:
      return limit.kind satisfies never;
  }
}

/** One number per round, so that what slowed a whole round down is in both sides of it. */
export function perRound(
  measured: Measured,
  left: CaseName,
  right: CaseName,
  compare: (left: CaseFigures, right: CaseFigures) => number,
): number[] {
  const rights = measured[right] ?? [];
  return (measured[left] ?? []).flatMap((figures, round) => {
    const other = rights[round];
    return other === undefined ? [] : [compare(figures, other)];
  });
}

/**
 * Compares each stretch with malformed records with the mean of its clean neighbours, so that a slow
 * drift of the machine cancels out.
 */
export function stretchLosses(costs: readonly number[]): number[] {
  const losses: number[] = [];
  for (let dirty = 1; dirty < costs.length; dirty += 2) {
    const before = costs[dirty - 1] ?? Number.NaN;
    const clean = (before + (costs[dirty + 1] ?? before)) / 2;
    losses.push(1 - clean / (costs[dirty] ?? Number.NaN));
  }
  return losses;
}
