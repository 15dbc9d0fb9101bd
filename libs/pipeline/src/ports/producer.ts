import type { MillraceError } from 'millrace/errors';
import type { Headers, Offset } from './record';

export interface OutgoingRecord {
  readonly topic: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Headers;
  /** Default: chosen from the key by murmur2, as the Java client does; without a key, round robin. */
  readonly partition?: number;
  /** Default: the time of the publish. */
  readonly timestampMs?: number;
}

export type PublishResult =
  | {
      readonly status: 'acked';
      readonly topic: string;
      readonly partition: number;
      readonly offset: Offset;
    }
  /** Certainly not in the log. */
  | { readonly status: 'failed'; readonly error: MillraceError }
  /** The deadline passed after the hand-over: it may be in the log. */
  | { readonly status: 'unknown'; readonly error: MillraceError };

/** How long a publish may take, and wait. */
export interface DeliveryTerms {
  /** Each record has its result by then; unit ms. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
  /** Longest wait for records of other publishes to share a request with; default: the producer's; unit ms. */
  readonly lingerMs?: number;
}

export interface ProducerPort {
  /** Never rejects: one result per record, in order. `acked` only after all in-sync replicas have it. */
  publish(
    records: readonly OutgoingRecord[],
    terms: DeliveryTerms,
  ): Promise<readonly PublishResult[]>;
  buffered(): { readonly records: number; readonly bytes: number };
  flush(options: { readonly deadlineMs: number }): Promise<void>;
  close(options: { readonly deadlineMs: number }): Promise<void>;
}

export interface ProducerSettings {
  /** Labels metrics and logs; example `events`, `dead-letters`. */
  readonly name: string;
}
