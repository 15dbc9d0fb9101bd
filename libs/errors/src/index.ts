export {
  FAILURE_CLASSES,
  MillraceError,
  deepestMillraceError,
  defineError,
  renderError,
} from './millrace.errors';
export type {
  ErrorDefinition,
  ErrorDetails,
  FailureClass,
  MillraceErrorClass,
} from './millrace.errors';
export {
  HandlerFailedError,
  HandlerPermanentError,
  HandlerRetryableError,
  permanent,
  retryable,
} from './handler.errors';
export { problemOf } from './problem';
export type { Problem, ProblemBody } from './problem';
