import { defineError } from 'millrace/errors';

/** Says that the request has no body in a format that this route reads. */
export class ContentTypeUnsupportedError extends defineError({
  code: 'CONTENT_TYPE_UNSUPPORTED',
  failure: 'permanent',
  summary: 'the content type of the request is not read here',
  likelyCause: 'the header Content-Type is missing or names another format',
  fix: 'send Content-Type: application/json; application/x-ndjson on /produce/batch alone',
}) {}

/** Says that the body is packed in a way that this service does not unpack. */
export class ContentEncodingUnsupportedError extends defineError({
  code: 'CONTENT_ENCODING_UNSUPPORTED',
  failure: 'permanent',
  summary: 'the content encoding of the request is not read here',
  likelyCause: 'the body is compressed, and HTTP_GZIP is off or the format is not gzip',
  fix: 'send the body as it is, or set HTTP_GZIP=true and send gzip',
}) {}

/** Says that the request body is longer than the service reads. */
export class BodyTooLargeError extends defineError({
  code: 'BODY_TOO_LARGE',
  failure: 'permanent',
  summary: 'the body of the request is too large',
  likelyCause: 'many events are sent at once',
  fix: 'send fewer events per request, or raise HTTP_BODY_LIMIT_BYTES or HTTP_BATCH_BODY_LIMIT_BYTES',
}) {}

/** Says that the body could not be read to its end. */
export class BodyUnreadableError extends defineError({
  code: 'BODY_UNREADABLE',
  failure: 'permanent',
  summary: 'the body of the request could not be read',
  likelyCause: 'the connection was cut, or the body is not compressed as its header says',
  fix: 'send the request again',
}) {}

/** Says that a batch has no item, or is no list. */
export class BatchSizeInvalidError extends defineError({
  code: 'BATCH_SIZE_INVALID',
  failure: 'permanent',
  summary: 'a batch has 1 to 1000 items',
  likelyCause: 'the batch is empty, or its JSON is not an array',
  fix: 'send an array, or one JSON object per line, of 1 to 1000 items',
}) {}

/** Says that a batch has more items than a batch may have. */
export class BatchTooLongError extends defineError({
  code: 'BATCH_TOO_LONG',
  failure: 'permanent',
  summary: 'a batch has 1000 items at most',
  likelyCause: 'many events are sent at once',
  fix: 'send them in several batches',
}) {}

/** Says that an event claims a time that its source cannot know. */
export class EventTimeImplausibleError extends defineError({
  code: 'EVENT_TIME_IMPLAUSIBLE',
  failure: 'permanent',
  summary: 'the time of the event is not plausible',
  likelyCause: 'the clock of the source is wrong, or the unit of a timestamp was mixed up',
  fix: 'correct observedAt; the window is set by HTTP_OBSERVED_AT_MAX_FUTURE_MS and HTTP_OBSERVED_AT_MAX_AGE_DAYS',
}) {}

/** Refuses a caller without a good key; one text, so that nobody learns which part was wrong. */
export class AuthenticationRequiredError extends defineError({
  code: 'AUTHENTICATION_REQUIRED',
  failure: 'permanent',
  summary: 'the request needs a valid API key',
  likelyCause: 'no key was sent, or one that is not in HTTP_API_KEYS_FILE (any more)',
  fix: 'send it as Authorization: Bearer <key> or as x-api-key: <key>',
}) {}

/** Says that the list of API keys cannot be used. */
export class ApiKeysInvalidError extends defineError({
  code: 'API_KEYS_INVALID',
  failure: 'fatal',
  summary: 'the file with the list of API keys cannot be used',
  likelyCause: 'a line holds a key in place of its hash, or the file is empty',
  fix: 'write one line per key, <name> sha256:<hash>; printf %s "$KEY" | sha256sum makes the hash',
}) {}

/** Says that a client sends more requests than it may. */
export class RequestsTooManyError extends defineError({
  code: 'REQUESTS_TOO_MANY',
  failure: 'retryable',
  summary: 'this client sends too many requests',
  likelyCause: 'more requests in a minute than THROTTLE_PER_MINUTE',
  fix: 'wait as long as Retry-After says; send batches',
}) {}

/** Says which fields of a control request are wrong. */
export class RequestInvalidError extends defineError({
  code: 'REQUEST_INVALID',
  failure: 'permanent',
  summary: 'the request is not valid',
  likelyCause: 'a field is missing, has another type, or is unknown',
  fix: 'correct what `issues` lists; /docs describes the request',
}) {}

/** Says that a source runs already. */
export class SourceRunningError extends defineError({
  code: 'SOURCE_RUNNING',
  failure: 'retryable',
  summary: 'this source is running already',
  likelyCause: 'it was started before and is not finished',
  fix: 'wait until GET /sources says that it is over',
}) {}

/** Says that there is no file of that name. */
export class SourceFileUnknownError extends defineError({
  code: 'SOURCE_FILE_UNKNOWN',
  failure: 'permanent',
  summary: 'there is no file of that name in the data directory',
  likelyCause: 'a typing mistake, or DATA_DIRECTORY is another folder',
  fix: 'use the name of a .csv or .ndjson file in DATA_DIRECTORY, without its ending',
}) {}

/** Says that a file is not of the shape that a source reads. */
export class SourceFileInvalidError extends defineError({
  code: 'SOURCE_FILE_INVALID',
  failure: 'permanent',
  summary: 'the file cannot be replayed',
  likelyCause: 'its name does not begin with a metal, or its header is not Date,Price',
  fix: 'see data/README.md for what a file looks like',
}) {}

/** Every error class of this app, for the catalogue. */
export const PRODUCER_ERRORS = [
  ContentTypeUnsupportedError,
  ContentEncodingUnsupportedError,
  BodyTooLargeError,
  BodyUnreadableError,
  BatchSizeInvalidError,
  BatchTooLongError,
  EventTimeImplausibleError,
  AuthenticationRequiredError,
  ApiKeysInvalidError,
  RequestsTooManyError,
  RequestInvalidError,
  SourceRunningError,
  SourceFileUnknownError,
  SourceFileInvalidError,
] as const;
