/**
 * Something with a life of its own: a client, a consumer, a database connection.
 *
 * The coordinator ({@link Lifecycle}) calls it: connect in rising order, drain and close in falling
 * order; participants of the same order at the same time.
 */
export interface Participant {
  /** For log lines and facts; example `kafka`. */
  readonly name: string;
  /** Low = connects first, closes last; example 0 for a database, 10 for Kafka, 20 for consumers. */
  readonly order: number;
  /** Longest drain; unit ms. Default: an equal share of what is left of the whole. */
  readonly drainBudgetMs?: number;
  /** Longest close; unit ms. Default: an equal share of what is left of the whole. */
  readonly closeBudgetMs?: number;
  /**
   * Makes one attempt; the coordinator repeats it with growing intervals until it works.
   *
   * @param signal - fires when the shutdown begins; the attempt should end, it is not waited for.
   */
  connect?(signal: AbortSignal): Promise<void>;
  /** What is waited for, in the line for people; example `kafka 127.0.0.1:9092`. Default: the name. */
  describe?(): string;
  /**
   * Finishes what is in flight while HTTP still answers. May be called before `connect` worked.
   *
   * @param options - `deadlineMs`: time from now, unit ms; at its end the coordinator goes on.
   */
  drain?(options: { readonly deadlineMs: number }): Promise<void>;
  /**
   * Gives back connections; nothing writes any more. May be called before `connect` worked.
   *
   * @param options - `deadlineMs`: time from now, unit ms; at its end the coordinator goes on.
   */
  close?(options: { readonly deadlineMs: number }): Promise<void>;
}
