import { problemOf } from 'millrace/errors';
import type { MillraceError, Problem, ProblemBody } from 'millrace/errors';
import {
  AuthenticationRequiredError,
  BatchTooLongError,
  BodyTooLargeError,
  ContentEncodingUnsupportedError,
  ContentTypeUnsupportedError,
  RequestsTooManyError,
  SourceFileUnknownError,
  SourceRunningError,
} from './producer.errors';

/** What every refused request is answered with. */
export interface IngestProblemBody extends ProblemBody {
  /** With 503: send the event again with this as `Idempotency-Key`. */
  readonly eventId?: string;
}

/** Codes of the Kafka adapter and of the app whose status the failure class alone does not say. */
const STATUS_BY_CODE: ReadonlyMap<string, number> = new Map([
  [ContentTypeUnsupportedError.definition.code, 415],
  [ContentEncodingUnsupportedError.definition.code, 415],
  [AuthenticationRequiredError.definition.code, 401],
  [BodyTooLargeError.definition.code, 413],
  [BatchTooLongError.definition.code, 413],
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
export function ingestProblemOf(
  error: MillraceError,
  eventId?: string,
): Problem & { readonly body: IngestProblemBody } {
  const problem = problemOf(error, STATUS_BY_CODE.get(error.code));
  if (problem.status !== 503 || eventId === undefined) return problem;
  return { ...problem, body: { ...problem.body, eventId } };
}
