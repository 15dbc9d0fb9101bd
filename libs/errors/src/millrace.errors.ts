/**
 * How the pipeline reacts to a failure; closed set.
 *
 * - `permanent`: this record will never succeed; it goes to the dead letter topic.
 * - `retryable`: this record may succeed later; bounded attempts, then the dead letter topic.
 * - `infrastructure`: any record would fail now; the line waits, no attempt is counted.
 * - `fatal`: the process or its configuration is wrong; the consumer stops and readiness fails.
 */
export const FAILURE_CLASSES = ['permanent', 'retryable', 'infrastructure', 'fatal'] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** One entry of the error catalogue. `docs/errors.md` is generated from these. */
export interface ErrorDefinition {
  /** `<AREA>_<WHAT>`, stable across minor versions, never reused; example `KAFKA_TOPIC_MISSING`. */
  readonly code: string;
  readonly failure: FailureClass;
  /** What happened, in one sentence without names or values. */
  readonly summary: string;
  readonly likelyCause: string;
  /** What to try next; a command where there is one. */
  readonly fix: string;
}

/** Facts about one occurrence. Never put payload values or secrets into them. */
export interface ErrorDetails {
  /** What happened, to what; default: the summary of the definition. */
  readonly message?: string;
  /** Topic/partition/offset, variable or file. */
  readonly where?: string;
  readonly likelyCause?: string;
  readonly fix?: string;
  /** The original error; vendor errors ride here. */
  readonly cause?: unknown;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/**
 * Is the base of every error that leaves a Millrace lib.
 *
 * Code, failure class and texts come from the class's one definition, so they are written once.
 */
export abstract class MillraceError extends Error {
  readonly definition: ErrorDefinition;
  readonly where: string | undefined;
  readonly likelyCauseHere: string | undefined;
  readonly fixHere: string | undefined;
  readonly facts: Readonly<Record<string, unknown>>;

  protected constructor(definition: ErrorDefinition, details: ErrorDetails) {
    super(details.message ?? definition.summary, { cause: details.cause });
    this.definition = definition;
    this.name = new.target.name;
    this.where = details.where;
    this.likelyCauseHere = details.likelyCause;
    this.fixHere = details.fix;
    this.facts = details.facts ?? {};
  }

  get code(): string {
    return this.definition.code;
  }

  get failure(): FailureClass {
    return this.definition.failure;
  }

  /** True when the same call may succeed later without a change to the record or the program. */
  get retryable(): boolean {
    return this.failure === 'retryable' || this.failure === 'infrastructure';
  }
}

/** A concrete class made by {@link defineError}; carries its catalogue entry. */
export interface MillraceErrorClass {
  new (details?: ErrorDetails): MillraceError;
  readonly definition: ErrorDefinition;
}

/**
 * Makes the base class of one coded error.
 *
 * @param definition - the catalogue entry; the only place where the code is written.
 * @returns a class to extend: `class KafkaTopicMissingError extends defineError({...}) {}`.
 */
export function defineError(definition: ErrorDefinition): MillraceErrorClass {
  const frozen = Object.freeze({ ...definition });
  return class extends MillraceError {
    static readonly definition = frozen;

    constructor(details: ErrorDetails = {}) {
      super(frozen, details);
    }
  };
}

/**
 * Finds the deepest {@link MillraceError} in a chain of causes, because the innermost coded error
 * knows best what happened.
 *
 * @returns undefined when no error of the chain has a code of ours.
 */
export function deepestMillraceError(error: unknown): MillraceError | undefined {
  let found: MillraceError | undefined;
  // A bounded walk: a cause chain made by a hostile or buggy library may be a ring.
  for (let depth = 0, current = error; depth < 16 && current instanceof Error; depth += 1) {
    if (current instanceof MillraceError) found = current;
    current = current.cause;
  }
  return found;
}

/**
 * Renders an error in its five parts: what, where, likely cause, what to try, code and docs.
 *
 * No stack: expected conditions do not need one.
 */
export function renderError(error: MillraceError): string {
  const cause = error.likelyCauseHere ?? error.definition.likelyCause;
  const fix = error.fixHere ?? error.definition.fix;
  return [
    `${error.code}  ${error.message}`,
    ...(error.where === undefined ? [] : [`  where   ${error.where}`]),
    `  cause   ${cause}`,
    `  try     ${fix}`,
    `  docs    ${docsOf(error.code)}`,
  ].join('\n');
}

/** Where the catalogue explains a code. */
export function docsOf(code: string): string {
  return `docs/errors.md#${code.toLowerCase()}`;
}
