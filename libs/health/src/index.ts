export { HealthModule } from './health.module';
export type { HealthOptions, LifecycleClock, LifecycleOptions } from './health.options';
export { LIFECYCLE_STATES, Lifecycle } from './lifecycle';
export type { FailureListener, LifecycleListener, LifecycleState } from './lifecycle';
export type { Participant } from './participant';
export { HEALTH_STATUSES, HealthRegistry } from './health-registry';
export type { CheckResult, HealthCheck, HealthState, HealthStatus } from './health-registry';
export type { HealthSummary } from './health-answers';
export { installShutdown } from './shutdown';
export type { ProcessLike, ShutdownOptions } from './shutdown';
export {
  DrainBudgetExceededError,
  HEALTH_ERRORS,
  HealthCheckDuplicateError,
  LifecycleParticipantLateError,
  LifecycleStoppedError,
} from './health.errors';
