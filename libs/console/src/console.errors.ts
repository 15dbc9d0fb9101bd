import { defineError } from 'millrace/errors';

/** Refuses to start a console in production that nobody guards. */
export class ConsoleTokenMissingError extends defineError({
  code: 'CONSOLE_TOKEN_MISSING',
  failure: 'fatal',
  summary: 'the console is on and nobody guards it',
  likelyCause: 'CONSOLE_ENABLED is true without CONSOLE_TOKEN_HASH and without an authorize hook',
  fix: 'set CONSOLE_TOKEN_HASH_FILE to a file with lines like operator:<sha256 of the token>, or hand authorize to ConsoleModule.forRoot',
}) {}

/** Refuses a console that others reach and nobody guards. */
export class AdminPortPublicError extends defineError({
  code: 'ADMIN_PORT_PUBLIC',
  failure: 'fatal',
  summary: 'the console is open to other machines and nobody guards it',
  likelyCause:
    'CONSOLE_HOST is not loopback, without CONSOLE_TOKEN_HASH and without an authorize hook',
  fix: 'leave CONSOLE_HOST at 127.0.0.1, or set CONSOLE_TOKEN_HASH',
}) {}

/** Says that the port of the console cannot be opened. */
export class ConsolePortUnavailableError extends defineError({
  code: 'CONSOLE_PORT_UNAVAILABLE',
  failure: 'fatal',
  summary: 'the port of the console cannot be opened',
  likelyCause: 'another process listens on it',
  fix: 'set CONSOLE_PORT to a free port',
}) {}

/** Refuses a caller who does not say who he is, or whom nobody knows. */
export class ConsoleUnauthenticatedError extends defineError({
  code: 'CONSOLE_UNAUTHENTICATED',
  failure: 'permanent',
  summary: 'the request carries no token that is known here',
  likelyCause: 'the header Authorization is missing, or the token was taken back',
  fix: 'send Authorization: Bearer <token>, or open the link that the service printed at its start',
}) {}

/** Refuses a token whose time is over. */
export class ConsoleTokenExpiredError extends defineError({
  code: 'CONSOLE_TOKEN_EXPIRED',
  failure: 'permanent',
  summary: 'the token has expired',
  likelyCause: 'it was made for a limited time',
  fix: 'ask for a new token; its hash goes into CONSOLE_TOKEN_HASH',
}) {}

/** Refuses an address that has tried too many unknown tokens. */
export class ConsoleLoginLimitedError extends defineError({
  code: 'CONSOLE_LOGIN_LIMITED',
  failure: 'retryable',
  summary: 'too many unknown tokens came from this address',
  likelyCause: 'a script with an old token, or somebody guesses',
  fix: 'wait a minute, then try again with a token that is known',
}) {}

/** Refuses somebody who may look, but not do this. */
export class ConsoleForbiddenError extends defineError({
  code: 'CONSOLE_FORBIDDEN',
  failure: 'permanent',
  summary: 'the role does not allow this',
  likelyCause: 'the token belongs to another role, or the authorize hook says no',
  fix: 'use a token with the role that the message names',
}) {}

/** Refuses a method that the path does not have, and every write of a viewer. */
export class ConsoleMethodRefusedError extends defineError({
  code: 'CONSOLE_METHOD_REFUSED',
  failure: 'permanent',
  summary: 'this method is not there for you',
  likelyCause: 'viewers only read; other paths have the methods of the header Allow',
  fix: 'use a method of the header Allow, or a token with the role operator',
}) {}

/** Refuses a request that another site may have made a browser send. */
export class ConsoleOriginRefusedError extends defineError({
  code: 'CONSOLE_ORIGIN_REFUSED',
  failure: 'permanent',
  summary: 'the request comes from another site, or asks for another host',
  likelyCause: 'a page of another site sent it, or a proxy changes the host',
  fix: 'call the console under its own address; name the address of a proxy in CONSOLE_ORIGINS',
}) {}

/** Says that there is nothing at a path, or nothing of a name. */
export class ConsoleNotFoundError extends defineError({
  code: 'CONSOLE_NOT_FOUND',
  failure: 'permanent',
  summary: 'there is nothing here',
  likelyCause: 'a typing mistake in the path or in an id',
  fix: 'see /console/api/v1/openapi.json for the paths',
}) {}

/** Lists what is wrong with a request. */
export class ConsoleRequestInvalidError extends defineError({
  code: 'CONSOLE_REQUEST_INVALID',
  failure: 'permanent',
  summary: 'the request is not valid',
  likelyCause: 'a field or a header is missing, unknown, or has another form',
  fix: 'correct what `issues` lists',
}) {}

/** Refuses a body that is no JSON by its header. */
export class ConsoleMediaTypeError extends defineError({
  code: 'CONSOLE_MEDIA_TYPE',
  failure: 'permanent',
  summary: 'the body must be JSON, not compressed',
  likelyCause: 'another Content-Type, or a Content-Encoding',
  fix: 'send Content-Type: application/json',
}) {}

/** Refuses a body that is too long. */
export class ConsoleBodyTooLargeError extends defineError({
  code: 'CONSOLE_BODY_TOO_LARGE',
  failure: 'permanent',
  summary: 'the body is too long',
  likelyCause: 'too many positions in one call',
  fix: 'use a filter, or several calls',
}) {}

/** Refuses a key that was used for another request. */
export class ConsoleIdempotencyConflictError extends defineError({
  code: 'CONSOLE_IDEMPOTENCY_CONFLICT',
  failure: 'permanent',
  summary: 'this Idempotency-Key belongs to another request',
  likelyCause: 'a key was used twice; each request has its own, only a repeat has the same',
  fix: 'make a new key for a new request',
}) {}

/** Refuses one more stream of a user, or of all. */
export class ConsoleStreamLimitError extends defineError({
  code: 'CONSOLE_STREAM_LIMIT',
  failure: 'retryable',
  summary: 'there are as many streams as there may be',
  likelyCause: 'the page is open in many tabs',
  fix: 'close another tab',
}) {}

/** Refuses work for now: there is too much of it, or the process ends. */
export class ConsoleBusyError extends defineError({
  code: 'CONSOLE_BUSY',
  failure: 'retryable',
  summary: 'the console has too much to do',
  likelyCause: 'several large dead letter topics are read at once, or the process is about to end',
  fix: 'try again in a moment',
}) {}

/** Says that an answer took too long, and that nothing was changed. */
export class ConsoleTimeoutError extends defineError({
  code: 'CONSOLE_TIMEOUT',
  failure: 'retryable',
  summary: 'reading took too long',
  likelyCause: 'the dead letter topics are large, or Kafka is slow',
  fix: 'narrow the filter: a topic, a time',
}) {}

/** Refuses to show what records hold. */
export class ConsoleMessagesOffError extends defineError({
  code: 'CONSOLE_MESSAGES_OFF',
  failure: 'permanent',
  summary: 'this console does not show what records hold',
  likelyCause: 'CONSOLE_MESSAGES is off, as it is by default in production',
  fix: 'set CONSOLE_MESSAGES=on where operators may read records',
}) {}

/** Says that nothing was done because it could not be written down first. */
export class ConsoleAuditUnavailableError extends defineError({
  code: 'CONSOLE_AUDIT_UNAVAILABLE',
  failure: 'infrastructure',
  summary: 'nothing was done: who does what cannot be written down now',
  likelyCause: 'the database is away, or the service has none',
  fix: 'try again when the database is back',
}) {}

/** Stands for an error that has no code of ours. */
export class ConsoleFailedError extends defineError({
  code: 'CONSOLE_FAILED',
  failure: 'fatal',
  summary: 'the console failed; the log of the service has the cause',
  likelyCause: 'a bug',
  fix: 'look at the log of the service at this time',
}) {}

/** Every error class of this lib, for the catalogue. */
export const CONSOLE_ERRORS = [
  ConsoleTokenMissingError,
  AdminPortPublicError,
  ConsolePortUnavailableError,
  ConsoleUnauthenticatedError,
  ConsoleTokenExpiredError,
  ConsoleLoginLimitedError,
  ConsoleForbiddenError,
  ConsoleMethodRefusedError,
  ConsoleOriginRefusedError,
  ConsoleNotFoundError,
  ConsoleRequestInvalidError,
  ConsoleMediaTypeError,
  ConsoleBodyTooLargeError,
  ConsoleIdempotencyConflictError,
  ConsoleStreamLimitError,
  ConsoleBusyError,
  ConsoleTimeoutError,
  ConsoleMessagesOffError,
  ConsoleAuditUnavailableError,
  ConsoleFailedError,
] as const;
