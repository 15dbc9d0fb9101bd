import { defineError } from 'millrace/errors';

/** Refuses a backoff or a bucket whose numbers cannot work. */
export class RetryOptionsInvalidError extends defineError({
  code: 'RETRY_OPTIONS_INVALID',
  failure: 'fatal',
  summary: 'a backoff or a token bucket is defined with numbers that cannot work',
  likelyCause: 'a typing mistake, or minimum and maximum are exchanged',
  fix: 'correct what the message lists',
}) {}

/** Every error class of this lib, for the catalogue. */
export const RETRY_ERRORS = [RetryOptionsInvalidError] as const;
