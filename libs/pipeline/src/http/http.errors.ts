import { defineError } from 'millrace/errors';

/** Says that a service has as many requests in hand as it may. */
export class HttpOverloadedError extends defineError({
  code: 'HTTP_OVERLOADED',
  failure: 'retryable',
  summary: 'the service has too many requests in hand',
  likelyCause: 'more clients at once than HTTP_MAX_REQUESTS_IN_FLIGHT, or Kafka answers slowly',
  fix: 'wait as long as Retry-After says; run more processes',
}) {}

/** Error classes of the HTTP server. */
export const HTTP_ERRORS = [HttpOverloadedError] as const;
