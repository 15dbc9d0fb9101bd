import { sleep } from 'millrace/retry';
import type { Clock } from 'millrace/retry';
import type { KafkaRecord, TopicPartition } from '../ports/record';
import type { BatchQueue } from './batch-queue';
import type { Watermark } from './watermark';

export interface LaneLimits {
  /** Records a lane holds before its partition is paused; unit records. */
  readonly maxInFlightRecords: number;
  /** The same in bytes of keys and values; unit bytes. */
  readonly maxInFlightBytes: number;
  /** Most records handled together; unit records. */
  readonly sliceRecords: number;
  /** Most bytes of keys and values handled together, a longer record comes alone; default no bound; unit bytes. */
  readonly sliceBytes?: number;
  /** How long a slice that is not full waits for more, since its first record came; default 0; unit ms. */
  readonly maxWaitMs?: number;
  /** Wall clock time before which a record is not begun; the records behind it wait; default: none waits; unit ms. */
  readonly dueAtMs?: (record: KafkaRecord) => number;
  /** Time without progress after which the lane drops what it has not begun; default never; unit ms. */
  readonly parkAfterMs?: number;
  /** Each record alone, in order per key, keys side by side; default false. */
  readonly perKey?: boolean;
  /** With `perKey`, in place of `maxInFlightRecords`: records not finished, or finished above one that is not; default 5 000. */
  readonly windowRecords?: number;
  /** With `perKey`: keys whose records wait for one of the same key; default 1 000. */
  readonly parkedKeys?: number;
}

/** What a slice left on its way when it was handled: it is finished when that has arrived. */
export interface OnItsWay {
  /** Rejects only when the signal fired. */
  readonly durable: Promise<void>;
}

/**
 * Handles a slice until every record has an outcome; rejects only when the signal fired.
 *
 * @returns what is to be durable before the slice is finished; null or nothing = all of it is.
 */
export type SliceHandler = (
  records: readonly KafkaRecord[],
  lane: TopicPartition & { readonly signal: AbortSignal },
) => Promise<OnItsWay | null | void>;

/** What the work of a lane sees of it. */
export interface WorkSite {
  readonly limits: LaneLimits;
  readonly clock: Clock;
  readonly queue: BatchQueue;
  readonly watermark: Watermark;
  readonly handle: SliceHandler;
  /** Handed to the handler: where, and when to stop. */
  readonly scope: TopicPartition & { readonly signal: AbortSignal };
  /** Work of an older epoch: it must end before anything is begun. */
  readonly predecessor: Promise<void>;
  /** False when the lane stops. */
  mayBegin(): boolean;
  /** False when nobody waits for the end of what is in hand any more. */
  mayFinish(): boolean;
  /** True when the lane holds more than its limit, divided. */
  holdsTooMuch(divisor: number): boolean;
  finished(records: number): void;
  /** Room was given back by records that are handled and not finished. */
  relieved(): void;
  /** Nothing is in hand. */
  idle(): void;
  fault(error: unknown): void;
}

/** Takes slices from the queue and handles them. */
export interface LaneWork {
  /** Begins what may be begun now. */
  poke(): void;
  /** Resolves when nothing is in hand; null when nothing is. */
  readonly ended: Promise<void> | null;
  /** Calls that are under way, or have left something on its way. */
  readonly calls: number;
  /** Calls that ended without an outcome for their records. */
  readonly abandoned: number;
  /** Records of these calls. */
  readonly recordsInHand: number;
  /** Since when it has been waiting for the same; null when it waits for nothing; unit ms, monotonic. */
  readonly stuckSinceMs: number | null;
  /** True when it may not begin more, whatever there is room for. */
  isBlocked(divisor: number): boolean;
}

const FAULT_WAIT_MS = 1_000;

/** How the handling of a slice ended. */
export type Ending =
  | { readonly kind: 'finished' }
  | { readonly kind: 'abandoned' }
  /** @see OnItsWay; answers false when it was abandoned. */
  | { readonly kind: 'on-its-way'; readonly durable: Promise<boolean> };

const FINISHED: Ending = { kind: 'finished' };
const ABANDONED: Ending = { kind: 'abandoned' };

/** Handles records until each has its outcome, also after a fault of the core. */
export async function handleUntilDone(
  records: readonly KafkaRecord[],
  site: WorkSite,
): Promise<Ending> {
  const { handle, scope, clock } = site;
  for (;;) {
    try {
      const rest = (await handle(records, scope)) ?? null;
      if (rest === null) return site.mayFinish() ? FINISHED : ABANDONED;
      const durable = rest.durable.then(
        () => site.mayFinish(),
        () => false,
      );
      return { kind: 'on-its-way', durable };
    } catch (error) {
      if (scope.signal.aborted) return ABANDONED;
      site.fault(error);
    }
    try {
      await sleep(clock, FAULT_WAIT_MS, scope.signal);
    } catch {
      return ABANDONED;
    }
  }
}
