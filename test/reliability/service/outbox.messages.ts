/** What a process of the outbox scenario tells the one that started it, over the channel of `fork`. */
export type OutboxMessage =
  | { readonly kind: 'ready' }
  /** Id of a session of its transactions, as base64. */
  | { readonly kind: 'session'; readonly id: string }
  /** A transaction with so many events was committed just now. */
  | { readonly kind: 'committed'; readonly events: number }
  /** A transaction with these events was given up after they were published in it. */
  | { readonly kind: 'aborted'; readonly eventIds: readonly string[] };

/** The variables that such a process is started with, beside those of its service. */
export interface OutboxWorkload {
  readonly topic: string;
  /** Writers at the same time; 0 = only relays. */
  readonly writers: number;
  readonly accounts: number;
  /** Share of transactions that are given up at their end; range 0-1. */
  readonly abortRatio: number;
  readonly leaseMs: number;
}

/** Name of the variable that holds the {@link OutboxWorkload} as JSON. */
export const OUTBOX_WORKLOAD = 'OUTBOX_WORKLOAD';

/** Data of the scenario: what every event must agree with. */
export const ACCOUNTS = 'accounts';
export const BOOKED = 'booked';
