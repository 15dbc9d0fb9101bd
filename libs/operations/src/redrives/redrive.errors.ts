import { defineError } from 'millrace/errors';

/** Refuses a redrive whose numbers or positions make no sense. */
export class RedriveSpecInvalidError extends defineError({
  code: 'REDRIVE_SPEC_INVALID',
  failure: 'permanent',
  summary: 'the redrive cannot be done as it is asked for',
  likelyCause: 'a number is out of its range, or no position is given',
  fix: 'take a value from the range that the message names',
}) {}

/** Refuses to send records where nobody reads them. */
export class RedriveTargetMissingError extends defineError({
  code: 'REDRIVE_TARGET_MISSING',
  failure: 'permanent',
  summary: 'the topic that the records would go to does not exist',
  likelyCause: 'the topic was deleted, or no release of the service that reads it has run yet',
  fix: 'start the service of the group, which makes the topic, or leave these records out with a filter',
}) {}

/** Refuses a second redrive of what is being redriven. */
export class RedriveDuplicateError extends defineError({
  code: 'REDRIVE_DUPLICATE',
  failure: 'permanent',
  summary: 'a redrive of this selection is under way',
  likelyCause: 'it was started twice',
  fix: 'wait for the other redrive, or cancel it',
}) {}

/** Refuses a redrive that would send nothing. */
export class RedriveNothingError extends defineError({
  code: 'REDRIVE_NOTHING',
  failure: 'permanent',
  summary: 'no dead letter is left to send',
  likelyCause: 'nothing fits the filter, or all that fits is refused',
  fix: 'look at the dry run: it counts what is refused and why',
}) {}

/** Says that there is no such redrive. */
export class RedriveUnknownError extends defineError({
  code: 'REDRIVE_UNKNOWN',
  failure: 'permanent',
  summary: 'there is no such redrive',
  likelyCause: 'a typing mistake in its id, or another database',
  fix: 'list the redrives and take an id from there',
}) {}

/** Refuses to end what has ended. */
export class RedriveOverError extends defineError({
  code: 'REDRIVE_OVER',
  failure: 'permanent',
  summary: 'the redrive is over',
  likelyCause: 'it ended before the call',
  fix: 'look at its result; to send what is left, start another one',
}) {}

/** Every error class of redrives, for the catalogue. */
export const REDRIVE_ERRORS = [
  RedriveSpecInvalidError,
  RedriveTargetMissingError,
  RedriveDuplicateError,
  RedriveNothingError,
  RedriveUnknownError,
  RedriveOverError,
] as const;
