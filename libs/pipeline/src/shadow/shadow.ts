import type { MillraceError } from 'millrace/errors';
import type { Offset } from '../ports/record';

/** A part of one partition: from the first offset up to, and without, the second. */
export interface ShadowRange {
  readonly partition: number;
  readonly from: Offset;
  readonly to: Offset;
}

/** What a shadow group reads. */
export interface ShadowSpec {
  /** The live group whose reader handles the records; it is left alone. */
  readonly groupId: string;
  /** Name of the shadow group; the same name goes on where it was. */
  readonly shadowGroupId: string;
  /** A source topic of the live group. */
  readonly topic: string;
  /** Partitions that are not named are not read. */
  readonly ranges: readonly ShadowRange[];
  /** At least 1; unit records. */
  readonly ratePerSecond: number;
}

/** How far a partition of a shadow group is. */
export interface ShadowProgress extends ShadowRange {
  /** What is committed: everything below it has a durable outcome. */
  readonly next: Offset;
}

/** How a shadow group ended. */
export type ShadowEnd =
  | { readonly state: 'done' }
  /** {@link Shadow.stop} was called, or the process drains. */
  | { readonly state: 'stopped' }
  /** Its line stopped, or it cannot work at all; the live group goes on. */
  | { readonly state: 'failed'; readonly error: MillraceError };

/** A shadow group that runs. */
export interface Shadow {
  readonly groupId: string;
  progress(): readonly ShadowProgress[];
  /** Resolves when it has left its group; never rejects. */
  readonly ended: Promise<ShadowEnd>;
  /** Finishes what is in hand, commits it and leaves the group. */
  stop(options: { readonly deadlineMs: number }): Promise<void>;
}
