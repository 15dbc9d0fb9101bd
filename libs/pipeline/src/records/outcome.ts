/** Every record ends in exactly one of these; closed set (docs/architecture.md, step 5). */
export const OUTCOMES = [
  'stored',
  'duplicate',
  'stale',
  'filtered',
  'retry',
  'dead-letter',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What a handler may say about a record; `undefined` means stored. The pipeline decides about the other two. */
export type HandlerOutcome = Extract<Outcome, 'stored' | 'duplicate' | 'stale' | 'filtered'>;

/** What happened to one record in a sink or batch handler: an outcome, or the error that keeps it from one. */
export type RecordResult = { readonly outcome: HandlerOutcome } | { readonly error: unknown };

export const STORED: RecordResult = Object.freeze({ outcome: 'stored' });
export const DUPLICATE: RecordResult = Object.freeze({ outcome: 'duplicate' });
export const STALE: RecordResult = Object.freeze({ outcome: 'stale' });
export const FILTERED: RecordResult = Object.freeze({ outcome: 'filtered' });
