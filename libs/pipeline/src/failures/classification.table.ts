/** What becomes of a record whose handling failed; closed set. */
export const CLASSES = ['rule', 'wait', 'dead-letter', 'fallback'] as const;
export type ErrorClass = (typeof CLASSES)[number];

/** One row of {@link CLASSIFICATION}. */
export interface ClassificationRow {
  /** Stable name of the row. */
  readonly thrown:
    | 'named-by-a-rule'
    | 'infrastructure'
    | 'fatal'
    | 'vendor-error-of-a-dependency'
    | 'permanent'
    | 'retryable'
    | 'built-in-error'
    | 'unknown-error'
    | 'no-error';
  /** For people. */
  readonly example: string;
  /** `rule` and `fallback` = what the policy of the handler says there. */
  readonly class: ErrorClass;
  readonly countsAttempt: boolean;
  /** False = never a retry topic, whatever the policy says. */
  readonly mayTakeRetryTopic: boolean;
}

/**
 * How errors are classified, as data: asked from above, the first row that fits decides. Every value
 * that can be thrown fits one.
 *
 * @see {@link classify}, which does it; a test per row holds the two together.
 */
export const CLASSIFICATION: readonly ClassificationRow[] = Object.freeze([
  row('named-by-a-rule', 'whatever a rule of onError matches', 'rule', true, true),
  row('infrastructure', 'the database or a broker is away, also as a cause', 'wait', false, false),
  row('fatal', 'wrong credentials, a missing permission', 'wait', false, false),
  row('vendor-error-of-a-dependency', 'a network error of a driver', 'wait', false, false),
  row('permanent', 'permanent(...), a document that is refused', 'dead-letter', true, false),
  row('retryable', 'retryable(...), a timeout of the handler', 'fallback', true, true),
  row('built-in-error', 'TypeError, RangeError and the like: a bug', 'dead-letter', true, false),
  row('unknown-error', 'new Error(...) without a code', 'fallback', true, true),
  row('no-error', 'a text, undefined, anything else', 'fallback', true, true),
]);

function row(
  thrown: ClassificationRow['thrown'],
  example: string,
  errorClass: ErrorClass,
  countsAttempt: boolean,
  mayTakeRetryTopic: boolean,
): ClassificationRow {
  return Object.freeze({ thrown, example, class: errorClass, countsAttempt, mayTakeRetryTopic });
}
