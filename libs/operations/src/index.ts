export { Operations, createOperations } from './operations';
export type { OperationsParts } from './operations';
export { OperationsModule } from './operations.module';
export { auditOf } from './actor';
export { plainLines, plainText } from './plain-text';
export { WITHHELD_REASONS } from './dead-letters/dead-letter';
export type {
  DeadLetter,
  DeadLetterFilter,
  DeadLetterGroup,
  LetterValue,
  DeadLetterView,
  OriginalPosition,
  ValueMode,
  WithheldReason,
} from './dead-letters/dead-letter';
export { DeadLetters } from './dead-letters/dead-letters';
export type { ScanOptions } from './dead-letters/dead-letters';
export { Groups } from './groups/groups';
export type {
  GroupLagView,
  GroupProcessView,
  GroupView,
  MovePreview,
  MoveTarget,
  PartitionLagView,
  PartitionOwner,
  PauseView,
} from './groups/group.views';
export { Activity } from './activity/activity';
export { Redrives } from './redrives/redrives';
export type { RedriveRunOptions } from './redrives/redrives';
export { RedriveWorker } from './redrives/redrive.worker';
export { REDRIVE_DEFAULTS, REDRIVE_REFUSALS } from './redrives/redrive.views';
export type {
  RedriveJob,
  RedriveLimits,
  RedriveOrder,
  RedrivePreview,
  RedriveProgress,
  RedriveRefusal,
  RedriveSpec,
  RedriveTarget,
  RefusedCounts,
} from './redrives/redrive.views';
export type { RedriveEnd } from './redrives/redrive.run';
export {
  RedriveDuplicateError,
  RedriveNothingError,
  RedriveOverError,
  RedriveSpecInvalidError,
  RedriveTargetMissingError,
  RedriveUnknownError,
} from './redrives/redrive.errors';
export { DEFAULT_REPLAY_RATE, MAX_REPLAY_RATE, Replays } from './replays/replays';
export type {
  ReplayPosition,
  ReplayPreview,
  ReplayProgress,
  ReplayRange,
  ReplaySpec,
} from './replays/replay.views';
export type { ReplayJobSpec } from './replays/replay.job';
export { REPLAY_WORKER_DEFAULTS, ReplayWorker } from './replays/replay.worker';
export type { ReplayWorkerParts } from './replays/replay.worker';
export {
  ReplayGroupActiveError,
  ReplayNotIdempotentError,
  ReplayOverlapsError,
  ReplayTargetInvalidError,
  ReplayWindowInvalidError,
} from './replays/replay.errors';
export {
  DeadLetterFilterInvalidError,
  DeadLetterNotFoundError,
} from './dead-letters/dead-letter.errors';
export { ControlReasonMissingError } from './groups/group.errors';
export { ControlStoreMissingError, OPERATIONS_ERRORS } from './operations.errors';
