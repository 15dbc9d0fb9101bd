/** Counts error codes. */
export class CodeCounts {
  private readonly counts = new Map<string, number>();

  add(code: string): void {
    this.counts.set(code, (this.counts.get(code) ?? 0) + 1);
  }

  /** The most frequent ones, most frequent first. */
  top(length: number): ReadonlyArray<{ readonly code: string; readonly count: number }> {
    return [...this.counts]
      .map(([code, count]) => ({ code, count }))
      .sort((one, other) => other.count - one.count)
      .slice(0, length);
  }

  clear(): void {
    this.counts.clear();
  }
}
