import { defineError } from 'millrace/errors';

/** Refuses a replay or a move for something that does not exist. */
export class ReplayTargetInvalidError extends defineError({
  code: 'REPLAY_TARGET_INVALID',
  failure: 'permanent',
  summary: 'this group, topic or partition cannot be replayed or moved',
  likelyCause: 'a typing mistake, or the group reads another topic',
  fix: 'name a group and one of its topics as the message lists them',
}) {}

/** Refuses a window without records, or one that cannot be. */
export class ReplayWindowInvalidError extends defineError({
  code: 'REPLAY_WINDOW_INVALID',
  failure: 'permanent',
  summary: 'the window of the replay cannot be read',
  likelyCause:
    'it ends before it begins, holds no record, or names an offset that is not in the log',
  fix: 'look at the preview and choose another window',
}) {}

/** Refuses to handle records again that would have their effect twice. */
export class ReplayNotIdempotentError extends defineError({
  code: 'REPLAY_NOT_IDEMPOTENT',
  failure: 'permanent',
  summary: 'the handler would have its effect twice',
  likelyCause: 'it is neither a sink with an id nor a handler with an inbox',
  fix: 'write through a sink, or set inbox: true on the handler; then replay',
}) {}

/** Refuses a window that a replay of the same group reads already. */
export class ReplayOverlapsError extends defineError({
  code: 'REPLAY_OVERLAPS',
  failure: 'permanent',
  summary: 'a replay of this group reads a part of the window already',
  likelyCause: 'it was started twice',
  fix: 'wait for the other replay, or cancel it',
}) {}

/** Refuses to move a group under the feet of its members. */
export class ReplayGroupActiveError extends defineError({
  code: 'REPLAY_GROUP_ACTIVE',
  failure: 'permanent',
  summary: 'offsets of a group with members cannot be moved',
  likelyCause: 'processes of the service still run',
  fix: 'stop all processes of the group, then move it; or replay with a shadow group',
}) {}

/** Every error class of replays, for the catalogue. */
export const REPLAY_ERRORS = [
  ReplayTargetInvalidError,
  ReplayWindowInvalidError,
  ReplayNotIdempotentError,
  ReplayOverlapsError,
  ReplayGroupActiveError,
] as const;
