import { defineError } from 'millrace/errors';

/** Refuses a second metric of the same name with another type, labels or buckets. */
export class MetricsConflictError extends defineError({
  code: 'METRICS_CONFLICT',
  failure: 'fatal',
  summary: 'a metric of this name exists with another type, other labels or other buckets',
  likelyCause: 'two places of the code use one name for two things',
  fix: 'rename one of them, or give both the same definition',
}) {}

/** Says that the port of /metrics cannot be opened. */
export class MetricsPortUnavailableError extends defineError({
  code: 'METRICS_PORT_UNAVAILABLE',
  failure: 'fatal',
  summary: 'the port of /metrics cannot be opened',
  likelyCause: 'another process listens on it',
  fix: 'set METRICS_PORT to a free port, or leave it away to serve /metrics on HTTP_PORT',
}) {}

/** Every error class of this lib, for the catalogue. */
export const METRICS_ERRORS = [MetricsConflictError, MetricsPortUnavailableError] as const;
