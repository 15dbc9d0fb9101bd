import { MAX_REDRIVES } from 'millrace/pipeline';
import type { Job, LetterPosition } from 'millrace/pipeline';
import type { DeadLetter, DeadLetterFilter } from '../dead-letters/dead-letter';

/** What is to be sent back, and how. */
export interface RedriveSpec {
  /** All that fit, or exactly these: 1 to 1,000 positions in dead letter topics. */
  readonly filter: DeadLetterFilter | { readonly positions: readonly LetterPosition[] };
  /** Default 50; range 1 to the limit of the process; unit records per second. */
  readonly ratePerSecond?: number;
  /** Ends after so many; default: no bound; unit records. */
  readonly maxRecords?: number;
  /** A record that was sent back so often stays; default 3, range 1-100. */
  readonly maxRedrives?: number;
  /** Sends what the loop guard and the memory of redrives before would keep; default false. */
  readonly force?: boolean;
}

/**
 * Why a dead letter is not sent back; closed set.
 *
 * `redrive-limit` and `already-redriven` can be passed with `force`, the others never.
 */
export const REDRIVE_REFUSALS = [
  /** It came back as often as it may. */
  'redrive-limit',
  /** A redrive before sent it: when that failed, there is a newer letter. */
  'already-redriven',
  /** Its value or its headers were cut; the original is in the source topic. */
  'truncated',
  /** It stands for a range of the log that nobody can read. */
  'undecodable',
  /** Its headers do not say whose it is, or not what its topic says. */
  'unaddressed',
  /** A person has put it aside. */
  'parked',
] as const;
export type RedriveRefusal = (typeof REDRIVE_REFUSALS)[number];
export type RefusedCounts = Readonly<Record<RedriveRefusal, number>>;

/** Where letters go: to one group, through the lane of redrives of its topic. */
export interface RedriveTarget {
  readonly topic: string;
  readonly groupId: string;
}

/** What a redrive would do. */
export interface RedrivePreview {
  /** Letters that fit, the refused ones included. */
  readonly matching: number;
  /** Most letters first. */
  readonly byTarget: ReadonlyArray<RedriveTarget & { readonly count: number }>;
  readonly refused: RefusedCounts;
  /** The first five that would be sent. */
  readonly samples: readonly DeadLetter[];
  readonly ratePerSecond: number;
  readonly estimateSeconds: number;
}

/** Progress of a redrive, as its job keeps it; offsets are decimal text. */
export interface RedriveProgress {
  /** Letters that are to be sent, as counted at the start. */
  readonly total: number;
  /** Of them dealt with: redriven and failed. */
  readonly done: number;
  /** Acknowledged by all in-sync replicas. */
  readonly redriven: number;
  /** No topic takes them, because of their size. */
  readonly failed: number;
  readonly refused: RefusedCounts;
  /** Ranges of dead letter topics; `next` is where to read on. */
  readonly ranges: ReadonlyArray<{
    readonly topic: string;
    readonly partition: number;
    readonly from: string;
    readonly next: string;
    readonly to: string;
  }>;
}

/** What a job is told, as it is kept. */
export interface RedriveOrder {
  /** JSON; see `RedriveSpec.filter`. Times in RFC 3339, offsets as decimal text. */
  readonly filter: Readonly<Record<string, unknown>>;
  readonly ratePerSecond: number;
  readonly maxRecords: number | null;
  readonly maxRedrives: number;
  readonly force: boolean;
}

/** A redrive. */
export interface RedriveJob extends Job {
  readonly kind: 'redrive';
  readonly spec: RedriveOrder;
  readonly progress: RedriveProgress;
}

/** How redrives behave in one process. */
export const REDRIVE_DEFAULTS = Object.freeze({
  /** Rate of a redrive that is told none; unit records per second. */
  ratePerSecond: 50,
  /** Highest rate that is taken; unit records per second. */
  maxRatePerSecond: 5_000,
  /** Sends no more while the target group has a longer lag; unit records. */
  maxLag: 10_000,
  /** Of a record. */
  maxRedrives: MAX_REDRIVES,
  /** A process that has not saved for so long has lost its redrive; unit ms. */
  leaseMs: 15_000,
  /** Progress is saved after so much time, when there is any; unit ms. */
  checkpointMs: 500,
  /** Progress is saved after so many letters; unit records. */
  checkpointRecords: 1_000,
  /** How often a process looks for redrives, and for their progress elsewhere; unit ms. */
  pollMs: 1_000,
});
export type RedriveLimits = { readonly [Name in keyof typeof REDRIVE_DEFAULTS]: number };
