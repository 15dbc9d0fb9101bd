/**
 * The consumer groups of the workload; closed set.
 *
 * - `movements` inserts every movement, `_id` = event id
 * - `balances` keeps the last movement of each account, guarded by its sequence
 * - `order` is a handler that writes down what it sees, in the order in which it sees it
 */
export const PARTS = ['movements', 'balances', 'order'] as const;
export type Part = (typeof PARTS)[number];

/** Broken on purpose: the suite must notice each of them; closed set (see docs/delivery.md). */
export const VARIANTS = ['NC1', 'NC2', 'NC3', 'NC6', 'NC7'] as const;
export type Variant = (typeof VARIANTS)[number];

/**
 * Movements that the service refuses for good; closed set.
 *
 * - `all` a release with a bug
 * - `few` those of less than {@link FEW_BELOW}: what no release heals
 */
export const REFUSALS = ['none', 'all', 'few'] as const;
export type Refusal = (typeof REFUSALS)[number];

/** Of 10,000 amounts; see {@link REFUSALS}. */
export const FEW_BELOW = 25;

/** What one process of the workload is told, by its environment. */
export interface Workload {
  readonly topic: string;
  /** Begins the names of the groups. */
  readonly run: string;
  readonly parts: readonly Part[];
  /** null = as a user would write it. */
  readonly variant: Variant | null;
  /** File that every process appends to; one line per handled record. */
  readonly orderLog: string;
  /** Longest wait between the halves of a bulk, so that a kill can land inside of it; 0 = bulks stay whole; unit ms. */
  readonly halfBulkMs: number;
  /** Session of the members: after this silence the group gives one up; unit ms. */
  readonly sessionMs: number;
  /** Every nth sequence fails at its first attempt in the handler; 0 = none. */
  readonly flakyEvery: number;
  /** How long the handler takes for each record; default 0; unit ms. */
  readonly handlerMs?: number;
  /** The handler has a bug: it fails for every record; default false. */
  readonly hasBug?: boolean;
  /** What its sinks refuse; then the line is never stopped. Default none. */
  readonly refuses?: Refusal;
}

/** Exactly as the consumer group is called. */
export const groupOf = (run: string, part: Part): string => `${run}-${part}`;

/** The variables of {@link workloadOf}. */
export function environmentOf(workload: Workload): Readonly<Record<string, string>> {
  return {
    RELIABILITY_TOPIC: workload.topic,
    RELIABILITY_RUN: workload.run,
    RELIABILITY_PARTS: workload.parts.join(','),
    RELIABILITY_VARIANT: workload.variant ?? '',
    RELIABILITY_ORDER_LOG: workload.orderLog,
    RELIABILITY_HALF_BULK_MS: String(workload.halfBulkMs),
    RELIABILITY_SESSION_MS: String(workload.sessionMs),
    RELIABILITY_FLAKY_EVERY: String(workload.flakyEvery),
  };
}

/** @throws {Error} that names the variable. */
export function workloadOf(env: Readonly<Record<string, string | undefined>>): Workload {
  const parts = required(env, 'RELIABILITY_PARTS').split(',');
  return {
    topic: required(env, 'RELIABILITY_TOPIC'),
    run: required(env, 'RELIABILITY_RUN'),
    parts: PARTS.filter((part) => parts.includes(part)),
    variant: VARIANTS.find((variant) => variant === env['RELIABILITY_VARIANT']) ?? null,
    orderLog: required(env, 'RELIABILITY_ORDER_LOG'),
    halfBulkMs: Number(env['RELIABILITY_HALF_BULK_MS'] ?? 0),
    sessionMs: Number(env['RELIABILITY_SESSION_MS'] ?? 4_000),
    flakyEvery: Number(env['RELIABILITY_FLAKY_EVERY'] ?? 0),
    handlerMs: Number(env['RELIABILITY_HANDLER_MS'] ?? 0),
    hasBug: env['RELIABILITY_HANDLER_BUG'] === 'true',
    refuses: REFUSALS.find((refusal) => refusal === env['RELIABILITY_REFUSES']) ?? 'none',
  };
}

function required(env: Readonly<Record<string, string | undefined>>, variable: string): string {
  const value = env[variable];
  if (value === undefined || value === '') throw new Error(`${variable} is not set`);
  return value;
}
