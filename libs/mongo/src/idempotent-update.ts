import { SinkUpdateNotIdempotentError } from './sink.errors';

/** Operators whose repetition changes nothing; closed set. */
export const IDEMPOTENT_OPERATORS = [
  '$set',
  '$setOnInsert',
  '$min',
  '$max',
  '$addToSet',
  '$unset',
  '$pull',
] as const;
export type IdempotentOperator = (typeof IDEMPOTENT_OPERATORS)[number];

/** The changes of one document; shape `{ $max: { close: { at, id, price } } }`. */
export type UpdateSpec = Readonly<
  Partial<Record<IdempotentOperator, Readonly<Record<string, unknown>>>>
>;

/** One upsert of a record. */
export interface MongoUpdate {
  /** `_id` of the document; 1-256 bytes. */
  readonly id: string;
  readonly update: UpdateSpec;
}

const ALLOWED: ReadonlySet<string> = new Set(IDEMPOTENT_OPERATORS);

/**
 * Checks that an update may be repeated.
 *
 * @throws {SinkUpdateNotIdempotentError} SINK_UPDATE_NOT_IDEMPOTENT
 */
export function refuseNotIdempotent(update: object): void {
  for (const operator of Object.keys(update)) {
    if (ALLOWED.has(operator)) continue;
    throw new SinkUpdateNotIdempotentError({
      message: `${operator} is not one of ${IDEMPOTENT_OPERATORS.join(', ')}`,
    });
  }
}
