import type { ContractIssue } from 'millrace/contracts';
import type { MillraceError } from 'millrace/errors';
import {
  BodyTooLargeError,
  ContentTypeUnsupportedError,
  RequestsTooManyError,
  SourceFileUnknownError,
  SourceRunningError,
} from './producer.errors';

/** What every refused request is answered with. */
export interface ProblemBody {
  readonly code: string;
  readonly message: string;
  /** Every bad field; `path` is empty for the body as a whole. */
  readonly issues?: readonly ContractIssue[];
  /** With 503: send the event again with this as `Idempotency-Key`. */
  readonly eventId?: string;
  readonly docs: string;
}

export interface Problem {
  readonly status: number;
  readonly body: ProblemBody;
  /** Unit s; absent when the same request cannot succeed later. */
  readonly retryAfterSeconds?: number;
}

const RETRY_AFTER_SECONDS = 1;
const UNAVAILABLE = 503;

/** Codes of the Kafka adapter and of the app whose status the failure class alone does not say. */
const STATUS_BY_CODE: ReadonlyMap<string, number> = new Map([
  [ContentTypeUnsupportedError.definition.code, 415],
  [BodyTooLargeError.definition.code, 413],
  ['RECORD_TOO_LARGE', 413],
  [RequestsTooManyError.definition.code, 429],
  [SourceRunningError.definition.code, 409],
  [SourceFileUnknownError.definition.code, 404],
]);

/**
 * Turns an error into an answer: 4xx when the request is wrong, 503 when it may succeed later.
 *
 * @param eventId - of the event that was refused; shown with 503 only.
 */
export function problemOf(error: MillraceError, eventId?: string): Problem {
  const status =
    STATUS_BY_CODE.get(error.code) ?? (error.failure === 'permanent' ? 400 : UNAVAILABLE);
  const isUnavailable = status === UNAVAILABLE;
  const issues = error.facts['issues'] as readonly ContractIssue[] | undefined;
  return {
    status,
    body: {
      code: error.code,
      // Messages about our own dependencies name hosts; callers need not know them.
      message: isUnavailable ? error.definition.summary : error.message,
      ...(issues === undefined ? {} : { issues }),
      ...(isUnavailable && eventId !== undefined ? { eventId } : {}),
      docs: `docs/errors.md#${error.code.toLowerCase()}`,
    },
    ...(isUnavailable || status === 429 ? { retryAfterSeconds: RETRY_AFTER_SECONDS } : {}),
  };
}
