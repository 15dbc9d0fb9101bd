import type { MillraceError } from 'millrace/errors';

/**
 * Something that handlers or sinks need and that can be away: a database, a called service.
 *
 * Registered by its adapter. One gate per name and process.
 */
export interface Dependency {
  /** Label of metrics and logs, from a closed set; example `mongo`. */
  readonly name: string;
  /** Resolves when it can be used; a real call, never a cached state. */
  probe(): Promise<void>;
  /** Gives a vendor's error its code; undefined when it is none of this dependency. */
  translate?(thrown: unknown): MillraceError | undefined;
  /** True when a coded error is about this dependency. */
  owns?(error: MillraceError): boolean;
}
