import type { Offset } from 'millrace/pipeline';

/** A position of a window: a time, or an offset per partition. */
export type ReplayPosition =
  { readonly time: Date } | { readonly offsets: Readonly<Record<number, Offset>> };

/** What is to be read again. */
export interface ReplaySpec {
  /** Whose handlers. */
  readonly groupId: string;
  /** A source topic of the group. */
  readonly topic: string;
  /** With offsets: only these partitions. */
  readonly from: ReplayPosition | 'beginning';
  /** Default: what the live group has committed at the time of the call, or the end where it has not. */
  readonly to?: ReplayPosition;
  /** Default 500; unit records. */
  readonly ratePerSecond?: number;
  /** The only one: the live group is left alone. To move it, see `Groups.moveOffsets`. */
  readonly mode?: 'shadow';
}

/** What a replay reads of one partition. */
export interface ReplayRange {
  readonly partition: number;
  readonly from: Offset;
  /** First offset that is not read. */
  readonly to: Offset;
  /** Offsets in the range, at most so many records; unit records. */
  readonly records: number;
  /** What the live group has committed; null = nothing. */
  readonly committed: Offset | null;
  /** First offset asked for, when retention has deleted a part; else null. */
  readonly clippedFrom: Offset | null;
}

/** What a replay would do. */
export interface ReplayPreview {
  readonly groupId: string;
  readonly topic: string;
  readonly partitions: readonly ReplayRange[];
  readonly records: number;
  readonly ratePerSecond: number;
  readonly estimateSeconds: number;
  /** False: it is refused. */
  readonly idempotent: boolean;
  /** What the operator is to know: clipped windows, handlers that are not idempotent. */
  readonly notes: readonly string[];
}

/** Progress of a replay, as its job keeps it; offsets are decimal text. */
export interface ReplayProgress {
  readonly groupId: string;
  readonly partitions: ReadonlyArray<{
    readonly partition: number;
    readonly from: string;
    readonly to: string;
    readonly next: string;
  }>;
  readonly records: number;
  readonly done: number;
}
