import { defineError } from 'millrace/errors';

/** Says that the request has no body in a format that this route reads. */
export class ContentTypeUnsupportedError extends defineError({
  code: 'CONTENT_TYPE_UNSUPPORTED',
  failure: 'permanent',
  summary: 'the content type of the request is not read here',
  likelyCause: 'the header Content-Type is missing or names another format',
  fix: 'send Content-Type: application/json; application/x-ndjson on /produce/batch alone',
}) {}

/** Says that the request body is longer than the service reads. */
export class BodyTooLargeError extends defineError({
  code: 'BODY_TOO_LARGE',
  failure: 'permanent',
  summary: 'the body of the request is too large',
  likelyCause: 'many events are sent at once',
  fix: 'send fewer events per request, or raise HTTP_BODY_LIMIT_BYTES',
}) {}

/** Says that the body could not be read to its end. */
export class BodyUnreadableError extends defineError({
  code: 'BODY_UNREADABLE',
  failure: 'permanent',
  summary: 'the body of the request could not be read',
  likelyCause: 'the connection was cut, or the body is not compressed as its header says',
  fix: 'send the request again',
}) {}

/** Says that a batch has no item, or more than a batch may have. */
export class BatchSizeInvalidError extends defineError({
  code: 'BATCH_SIZE_INVALID',
  failure: 'permanent',
  summary: 'a batch has 1 to 1000 items',
  likelyCause: 'the batch is empty or too long, or its JSON is not an array',
  fix: 'send an array, or one JSON object per line, of 1 to 1000 items',
}) {}

/** Says that an event claims a time that its source cannot know. */
export class EventTimeImplausibleError extends defineError({
  code: 'EVENT_TIME_IMPLAUSIBLE',
  failure: 'permanent',
  summary: 'the time of the event is not plausible',
  likelyCause: 'the clock of the source is wrong, or the unit of a timestamp was mixed up',
  fix: 'correct observedAt; the window is set by HTTP_OBSERVED_AT_MAX_FUTURE_MS and HTTP_OBSERVED_AT_MAX_AGE_DAYS',
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
  BodyTooLargeError,
  BodyUnreadableError,
  BatchSizeInvalidError,
  EventTimeImplausibleError,
  RequestsTooManyError,
  RequestInvalidError,
  SourceRunningError,
  SourceFileUnknownError,
  SourceFileInvalidError,
] as const;
