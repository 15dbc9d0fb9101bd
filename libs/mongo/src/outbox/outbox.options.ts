import type { ContractIdentity } from 'millrace/contracts';

/** Options of `OutboxModule.forRoot`. */
export interface OutboxOptions {
  /** Contracts whose events go through the outbox; their topics are looked after at start. */
  readonly publishes: readonly ContractIdentity[];
  /** False: this process only writes; another one relays. Default true. */
  readonly relays?: boolean;
  /** Longest time until a commit of another process is noticed; unit ms. Default 500. */
  readonly pollMs?: number;
  /** Most records of one hand-over to Kafka; unit records. Default 500. */
  readonly batchRecords?: number;
  /** Most bytes of one hand-over, a longer record comes alone; unit bytes. Default 1 048 576. */
  readonly batchBytes?: number;
  /** Time after which a relay that is silent is replaced; unit ms. Default 10 000. */
  readonly leaseMs?: number;
  /** How long records that Kafka refused stay; unit ms. Default 2 592 000 000 (30 days). */
  readonly refusedTtlMs?: number;
  /** Age of the oldest record from which the health check says `degraded`; unit ms. Default 60 000. */
  readonly warnAgeMs?: number;
}

/** Options without contracts, nothing left open. */
export type OutboxSettings = Required<Omit<OutboxOptions, 'publishes'>>;

/** What an outbox does without options. */
export const OUTBOX_DEFAULTS = Object.freeze({
  relays: true,
  pollMs: 500,
  batchRecords: 500,
  batchBytes: 1_048_576,
  leaseMs: 10_000,
  refusedTtlMs: 2_592_000_000,
  warnAgeMs: 60_000,
} as const satisfies OutboxSettings);

/** Fills options with their defaults. */
export function outboxSettings({ publishes: _, ...given }: OutboxOptions): OutboxSettings {
  return { ...OUTBOX_DEFAULTS, ...given };
}
