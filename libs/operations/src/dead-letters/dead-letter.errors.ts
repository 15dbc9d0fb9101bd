import { defineError } from 'millrace/errors';

/** Refuses a filter that can match nothing, or says what is not there. */
export class DeadLetterFilterInvalidError extends defineError({
  code: 'DEADLETTER_FILTER_INVALID',
  failure: 'permanent',
  summary: 'the filter of dead letters cannot be used',
  likelyCause: 'a typing mistake in a topic, partition, reason or time',
  fix: 'take one of the values that the message names',
}) {}

/** Says that there is no dead letter at a position. */
export class DeadLetterNotFoundError extends defineError({
  code: 'DEADLETTER_NOT_FOUND',
  failure: 'permanent',
  summary: 'there is no dead letter at this position',
  likelyCause: 'retention has deleted it, or a typing mistake in topic, partition or offset',
  fix: 'list the dead letters of the topic and take a position from there',
}) {}

/** Every error class of dead letters, for the catalogue. */
export const DEAD_LETTER_ERRORS = [DeadLetterFilterInvalidError, DeadLetterNotFoundError] as const;
