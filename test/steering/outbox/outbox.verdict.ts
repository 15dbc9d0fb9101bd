/** An event as the database has it, or as Kafka has it. */
export interface BookedEvent {
  readonly id: string;
  readonly account: string;
  readonly sequence: number;
}

export interface OutboxVerdict {
  /** Committed and not in Kafka. */
  readonly lost: number;
  /** In Kafka and not committed. */
  readonly phantom: number;
  /** First appearances of an account whose sequence does not rise by one. */
  readonly disordered: number;
  /** Appearances after the first: allowed. */
  readonly repeated: number;
}

/**
 * Compares what was committed with what is in Kafka.
 *
 * @param published - in the order of each partition.
 */
export function outboxVerdict(
  committed: readonly BookedEvent[],
  published: readonly BookedEvent[],
): OutboxVerdict {
  const ids = new Set(committed.map(({ id }) => id));
  const seen = new Set<string>();
  const last = new Map<string, number>();
  let phantom = 0;
  let disordered = 0;
  for (const { id, account, sequence } of published) {
    if (seen.has(id)) continue;
    seen.add(id);
    if (!ids.has(id)) phantom += 1;
    if (sequence !== (last.get(account) ?? 0) + 1) disordered += 1;
    last.set(account, sequence);
  }
  const lost = committed.filter(({ id }) => !seen.has(id)).length;
  return { lost, phantom, disordered, repeated: published.length - seen.size };
}
