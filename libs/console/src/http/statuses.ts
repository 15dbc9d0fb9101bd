import { problemOf } from 'millrace/errors';
import type { MillraceError } from 'millrace/errors';

/**
 * The status of each code that a caller may get, once. What is not here is 400 when the request can
 * never succeed and 503 when it may; a test goes through the codes of the console and of operations.
 */
export const STATUS_OF_CODE: Readonly<Record<string, number>> = Object.freeze({
  CONSOLE_REQUEST_INVALID: 400,
  CONSOLE_UNAUTHENTICATED: 401,
  CONSOLE_TOKEN_EXPIRED: 401,
  CONSOLE_FORBIDDEN: 403,
  CONSOLE_ORIGIN_REFUSED: 403,
  CONSOLE_MESSAGES_OFF: 403,
  CONSOLE_NOT_FOUND: 404,
  CONSOLE_METHOD_REFUSED: 405,
  CONSOLE_IDEMPOTENCY_CONFLICT: 409,
  CONSOLE_BODY_TOO_LARGE: 413,
  CONSOLE_MEDIA_TYPE: 415,
  CONSOLE_LOGIN_LIMITED: 429,
  CONSOLE_STREAM_LIMIT: 429,
  CONSOLE_FAILED: 500,
  CONSOLE_AUDIT_UNAVAILABLE: 503,
  CONSOLE_BUSY: 503,
  CONSOLE_TIMEOUT: 503,
  CONTROL_REASON_MISSING: 400,
  CONTROL_STORE_MISSING: 503,
  CONTROL_TARGET_INVALID: 404,
  DEADLETTER_FILTER_INVALID: 400,
  DEADLETTER_NOT_FOUND: 404,
  REDRIVE_DUPLICATE: 409,
  REDRIVE_NOTHING: 409,
  REDRIVE_OVER: 409,
  REDRIVE_SPEC_INVALID: 400,
  REDRIVE_TARGET_MISSING: 409,
  REDRIVE_UNKNOWN: 404,
  REPLAY_GROUP_ACTIVE: 409,
  REPLAY_NOT_IDEMPOTENT: 409,
  REPLAY_OVERLAPS: 409,
  REPLAY_TARGET_INVALID: 404,
  REPLAY_WINDOW_INVALID: 400,
});

/** @see STATUS_OF_CODE */
export function statusOf(error: MillraceError): number {
  return STATUS_OF_CODE[error.code] ?? problemOf(error).status;
}
