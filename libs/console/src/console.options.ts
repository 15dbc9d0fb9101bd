import type { ConsoleRole } from './access/token-hashes';
import type { ConsoleAction } from './routes/actions';

/** Who acts; the name is kept with everything that is done. */
export interface ConsoleUser {
  readonly name: string;
  readonly role: ConsoleRole;
}

/** What an {@link Authorize} hook sees of a request. */
export interface ConsoleRequestFacts {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly remoteAddress: string;
  /** Whose token it carries; null = none that is known. */
  readonly user: ConsoleUser | null;
}

/**
 * Decides who may do what, in place of tokens or on top of them.
 *
 * @param pipeline - group id that the request names; null = all, or none.
 * @returns who acts, whose role is then looked at as well; null = nobody: 401, or 403 for a known user.
 */
export type Authorize = (
  request: ConsoleRequestFacts,
  action: ConsoleAction,
  pipeline: string | null,
) => ConsoleUser | null | Promise<ConsoleUser | null>;

/** What a service decides about its console. */
export interface ConsoleOptions {
  /** Default: tokens alone decide. */
  readonly authorize?: Authorize;
}

/** Limits of the console. */
export const CONSOLE_DEFAULTS = Object.freeze({
  /** Of a body; unit bytes. */
  bodyBytes: 65_536,
  /** Of one answer; unit records. */
  pageRecords: 100,
  /** Of one user; unit streams. */
  streamsPerUser: 4,
  /** Of all users; unit streams. */
  streams: 32,
  /** Of one address in a minute; unit unknown tokens. */
  loginAttempts: 10,
  /** At once; unit requests. */
  requests: 64,
  /** Large reads of dead letter topics at once; unit requests. */
  scans: 2,
  /** Of one read; unit ms. */
  readMs: 20_000,
  /** How long an answer is kept for its Idempotency-Key; unit ms. */
  idempotencyTtlMs: 600_000,
  /** Answers that are kept; unit count. */
  idempotencyKeys: 1_000,
  /** How long a cookie lasts; unit ms. */
  sessionTtlMs: 28_800_000,
  /** Unit count. */
  sessions: 100,
  /** Between two looks at the state for streams; unit ms. */
  streamIntervalMs: 1_000,
  /** Unit ms. */
  heartbeatMs: 15_000,
});
