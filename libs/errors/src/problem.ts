import { docsOf } from './millrace.errors';
import type { MillraceError } from './millrace.errors';

/** What a refused HTTP request is answered with. */
export interface ProblemBody {
  readonly code: string;
  readonly message: string;
  /** Every bad field; `path` is empty for the request as a whole. */
  readonly issues?: ReadonlyArray<{ readonly path: string; readonly message: string }>;
  readonly docs: string;
}

export interface Problem {
  readonly status: number;
  readonly body: ProblemBody;
  /** Unit s; absent when the same request cannot succeed later. */
  readonly retryAfterSeconds?: number;
}

const TOO_MANY = 429;
const UNAVAILABLE = 503;
const RETRY_AFTER_SECONDS = 1;

/**
 * Turns an error into an HTTP answer: 4xx when the request is wrong, 503 when it may succeed later.
 *
 * With 503 the message is the summary of the code only: messages about our own dependencies name
 * hosts, and callers need not know them.
 *
 * @param status - default: 400 for permanent failures, otherwise 503.
 */
export function problemOf(
  error: MillraceError,
  status: number = error.failure === 'permanent' ? 400 : UNAVAILABLE,
): Problem {
  const { code } = error;
  const issues = error.facts['issues'] as ProblemBody['issues'];
  return {
    status,
    body: {
      code,
      message: status === UNAVAILABLE ? error.definition.summary : error.message,
      ...(issues === undefined ? {} : { issues }),
      docs: docsOf(code),
    },
    ...(status === UNAVAILABLE || status === TOO_MANY
      ? { retryAfterSeconds: RETRY_AFTER_SECONDS }
      : {}),
  };
}
