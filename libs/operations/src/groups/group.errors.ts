import { defineError } from 'millrace/errors';

/** Refuses to do something for nobody, or for no reason. */
export class ControlReasonMissingError extends defineError({
  code: 'CONTROL_REASON_MISSING',
  failure: 'permanent',
  summary: 'who does it, or why, is not said',
  likelyCause: 'an empty name or reason',
  fix: 'say who you are and why: it is kept with what you do',
}) {}

/** Every error class of groups, for the catalogue. */
export const GROUP_ERRORS = [ControlReasonMissingError] as const;
