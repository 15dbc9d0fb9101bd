/**
 * Remembers which events a handler has dealt with, for handlers whose effect is no document.
 *
 * Promise: what `remember` resolved for is known afterwards, also to other processes and after a
 * restart, until its time to live is over. It is no lock: two processes that handle one event at the
 * same moment both find it unknown.
 */
export interface InboxPort {
  /** Labels metrics, gates and logs; example `mongo`. */
  readonly name: string;
  /** @returns those of the ids that this group has dealt with. */
  known(
    groupId: string,
    eventIds: readonly string[],
    options: { readonly signal: AbortSignal; readonly deadlineMs: number },
  ): Promise<ReadonlySet<string>>;
  /** Resolves after the ids are durable (majority, journalled); an id twice is harmless. */
  remember(
    groupId: string,
    eventIds: readonly string[],
    options: { readonly signal: AbortSignal; readonly deadlineMs: number },
  ): Promise<void>;
}
