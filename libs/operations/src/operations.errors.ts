import { defineError } from 'millrace/errors';
import { DEAD_LETTER_ERRORS } from './dead-letters/dead-letter.errors';
import { REPLAY_ERRORS } from './replays/replay.errors';
import { GROUP_ERRORS } from './groups/group.errors';
import { REDRIVE_ERRORS } from './redrives/redrive.errors';

/** Refuses what needs a memory of its own in a process without one. */
export class ControlStoreMissingError extends defineError({
  code: 'CONTROL_STORE_MISSING',
  failure: 'fatal',
  summary: 'what operators want cannot be kept here',
  likelyCause: 'the process runs without a database',
  fix: 'import MongoModule in the service, or give the command a database with MONGODB_URI',
}) {}

/** Every error class of this lib, for the catalogue. */
export const OPERATIONS_ERRORS = [
  ControlStoreMissingError,
  ...DEAD_LETTER_ERRORS,
  ...GROUP_ERRORS,
  ...REDRIVE_ERRORS,
  ...REPLAY_ERRORS,
] as const;
