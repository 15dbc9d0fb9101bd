/** What an operator did, or what came of it. Never a value of a record. */
export interface AuditEntry {
  /** Of one id one entry is kept, the first; default: every entry is. */
  readonly id?: string;
  readonly at: Date;
  /** Who. */
  readonly by: string;
  /** Why, in words. */
  readonly reason: string;
  /** Example `redrive.start`, `pause`. */
  readonly action: string;
  /** JSON. On what; example `{ groupId: 'metals', topic: 'prices' }`. */
  readonly target: unknown;
  /** JSON. What was known when it was decided; example the dry run. */
  readonly detail?: unknown;
  /** The job that does it. */
  readonly jobId?: string;
  /** JSON. Of an entry that is written afterwards: what came of it. */
  readonly result?: unknown;
}

/** Which entries; times are those of the entries. */
export interface AuditQuery {
  /** From this time on. */
  readonly since?: Date;
  /** Before this time. */
  readonly until?: Date;
  readonly action?: string;
  readonly jobId?: string;
  /** Default 100. */
  readonly limit?: number;
}

/**
 * Keeps who did what and why, for good: an entry is written before it is done, and never changed.
 *
 * Promise: what `append` resolved for is durable (majority) and seen by the next `list` of every process.
 */
export interface AuditLog {
  append(entry: AuditEntry): Promise<void>;
  /** Newest first; entries of one time in the order in which they were written, newest first. */
  list(query?: AuditQuery): Promise<readonly AuditEntry[]>;
}
