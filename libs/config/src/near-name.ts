const MOST_EDITS = 2;

/** The name that was probably meant: two edits away at most, or the same with a unit behind it. */
export function nearName(given: string, known: readonly string[]): string | undefined {
  const near = known
    .map((name) => ({ name, edits: distance(name, given) }))
    .filter(({ edits }) => edits <= MOST_EDITS)
    .sort((a, b) => a.edits - b.edits);
  // KAFKA_SESSION_TIMEOUT for KAFKA_SESSION_TIMEOUT_MS, and the other way round.
  const longer = () =>
    known.find((name) => name.startsWith(`${given}_`) || given.startsWith(`${name}_`));
  return near[0]?.name ?? longer();
}

/** `; did you mean X?`, or nothing. */
export function hint(given: string, known: readonly string[]): string {
  const name = nearName(given, known);
  return name === undefined ? '' : `; did you mean ${name}?`;
}

/** Edits between two words (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
