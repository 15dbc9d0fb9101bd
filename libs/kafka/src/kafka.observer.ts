import type { TlsStatus } from 'millrace/tls';
import type { GroupLag } from './kafka.lag';

/** Why members of a group changed; closed set. */
export const REBALANCE_CAUSES = ['join', 'leave', 'timeout', 'revoke'] as const;
export type RebalanceCause = (typeof REBALANCE_CAUSES)[number];

/** What the driver counts. Called per batch, call or rebalance, never per record. */
export interface KafkaObserver {
  /** A consumer of the group was made; its counters begin at 0. */
  watched(group: string): void;
  rebalanced(group: string, cause: RebalanceCause): void;
  heartbeat(group: string, durationMs: number): void;
  fetched(group: string, durationMs: number): void;
  committed(group: string, durationMs: number): void;
  crashed(group: string, code: string): void;
  contact(connected: boolean): void;
  lag(group: string, lag: GroupLag): void;
  /** Records that wait in the buffer of a publisher, and how many may. */
  buffered(producer: string, records: number, capacity: number): void;
  /** After each look at the files of certificates. */
  certificate(status: TlsStatus): void;
  /** A warning or error of the client that is part of normal work. */
  benignLog(): void;
}

/** Counts nothing. */
export const SILENT_OBSERVER: KafkaObserver = Object.freeze({
  watched: () => undefined,
  rebalanced: () => undefined,
  heartbeat: () => undefined,
  fetched: () => undefined,
  committed: () => undefined,
  crashed: () => undefined,
  contact: () => undefined,
  lag: () => undefined,
  buffered: () => undefined,
  certificate: () => undefined,
  benignLog: () => undefined,
});
