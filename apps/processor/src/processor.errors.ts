import { defineError } from 'millrace/errors';

/** Says which parameters of a query are wrong. */
export class QueryInvalidError extends defineError({
  code: 'QUERY_INVALID',
  failure: 'permanent',
  summary: 'the query is not valid',
  likelyCause: 'a parameter has another form, is out of range, or is unknown',
  fix: 'correct what `issues` lists',
}) {}

/** Says that the database did not answer a query. */
export class QueryUnavailableError extends defineError({
  code: 'QUERY_UNAVAILABLE',
  failure: 'infrastructure',
  summary: 'the database did not answer',
  likelyCause: 'it is not running yet, or it is slow',
  fix: 'ask again later',
}) {}

/** Every error class of this app, for the catalogue. */
export const PROCESSOR_ERRORS = [QueryInvalidError, QueryUnavailableError] as const;
