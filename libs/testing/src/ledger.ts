/** One event as its producer knows it. */
export interface LedgerLine {
  readonly id: string;
  readonly key?: string;
  /** Rises per key in the order of publishing. */
  readonly version?: number;
}

export interface LedgerResult {
  /** Acknowledged and nowhere to be found. */
  readonly missing: readonly string[];
  /** Stored more than once. */
  readonly twice: readonly string[];
  /** Found, and never acknowledged nor left unknown. */
  readonly unexpected: readonly string[];
  /** Stored after an event of the same key with a higher version; counts when `stored` is in the order of storing. */
  readonly orderViolations: readonly string[];
}

/**
 * Keeps what a producer was told about its events, to compare it with what was found in the end.
 *
 * Acknowledged events must be found, exactly once; refused ones must not; unknown ones may.
 *
 * @see docs/adr/0005-delivery-promise.md
 */
export class Ledger {
  private readonly acked = new Map<string, LedgerLine>();
  private readonly unknown = new Set<string>();

  /** @returns the line, so that it can be used in place. */
  acknowledge(line: LedgerLine): LedgerLine {
    this.acked.set(line.id, line);
    this.unknown.delete(line.id);
    return line;
  }

  leaveUnknown(id: string): void {
    if (!this.acked.has(id)) this.unknown.add(id);
  }

  get acknowledged(): readonly LedgerLine[] {
    return [...this.acked.values()];
  }

  /** @param found - ids as they were found, repeats included. */
  compare(found: {
    readonly stored: Iterable<string>;
    readonly deadLettered?: Iterable<string>;
    readonly filtered?: Iterable<string>;
  }): LedgerResult {
    const inOrder = [...found.stored];
    const stored = countsOf(inOrder);
    const elsewhere = new Set([...(found.deadLettered ?? []), ...(found.filtered ?? [])]);
    const isFound = (id: string) => stored.has(id) || elsewhere.has(id);
    const isExpected = (id: string) => this.acked.has(id) || this.unknown.has(id);
    return {
      missing: [...this.acked.keys()].filter((id) => !isFound(id)),
      twice: [...stored].flatMap(([id, count]) => (count > 1 ? [id] : [])),
      unexpected: [...new Set([...stored.keys(), ...elsewhere])].filter((id) => !isExpected(id)),
      orderViolations: inOrder.filter(this.isOlderThanBefore()),
    };
  }

  /** A predicate to be asked in the order of storing. */
  private isOlderThanBefore(): (id: string) => boolean {
    const highest = new Map<string, number>();
    return (id) => {
      const { key, version } = this.acked.get(id) ?? {};
      if (key === undefined || version === undefined) return false;
      const before = highest.get(key) ?? -Infinity;
      highest.set(key, Math.max(before, version));
      return version < before;
    };
  }
}

function countsOf(ids: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
