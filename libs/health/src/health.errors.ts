import { defineError } from 'millrace/errors';

/** Refuses a participant that registers after the service began to serve. */
export class LifecycleParticipantLateError extends defineError({
  code: 'LIFECYCLE_PARTICIPANT_LATE',
  failure: 'fatal',
  summary: 'a participant registers after the service began to serve',
  likelyCause: 'it is registered lazily instead of in onModuleInit',
  fix: 'call lifecycle.register(...) in a constructor or in onModuleInit',
}) {}

/** Says that the service stops before it ever served. */
export class LifecycleStoppedError extends defineError({
  code: 'LIFECYCLE_STOPPED',
  failure: 'fatal',
  summary: 'the service stops and will not serve',
  likelyCause: 'a signal arrived while the service waited for its dependencies',
  fix: 'nothing when the stop was wanted; otherwise read the lines before it',
}) {}

/** Says that a participant did not finish its drain or close within its budget. */
export class DrainBudgetExceededError extends defineError({
  code: 'DRAIN_BUDGET_EXCEEDED',
  failure: 'fatal',
  summary: 'a participant did not finish its drain or close within its budget',
  likelyCause: 'a dependency does not answer, or a handler ignores its abort signal',
  fix: 'look at the dependency; raise DRAIN_BUDGET_MS or CLOSE_BUDGET_MS if the work is longer',
}) {}

/** Refuses two different health checks of one name. */
export class HealthCheckDuplicateError extends defineError({
  code: 'HEALTH_CHECK_DUPLICATE',
  failure: 'fatal',
  summary: 'two health checks have one name',
  likelyCause: 'two adapters of one kind without names of their own',
  fix: 'give one of them another name',
}) {}

/** Every error class of this lib, for the catalogue. */
export const HEALTH_ERRORS = [
  LifecycleParticipantLateError,
  LifecycleStoppedError,
  DrainBudgetExceededError,
  HealthCheckDuplicateError,
] as const;
