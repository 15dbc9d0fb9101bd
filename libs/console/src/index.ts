export { ConsoleModule } from './console.module';
export { ConsoleListener } from './console.listener';
export { CONSOLE_DEFAULTS } from './console.options';
export type {
  Authorize,
  ConsoleOptions,
  ConsoleRequestFacts,
  ConsoleUser,
} from './console.options';
export { CONSOLE_ACTIONS } from './routes/actions';
export type { ConsoleAction } from './routes/actions';
export { CONSOLE_ROLES } from './access/token-hashes';
export type { ConsoleRole, TokenEntry } from './access/token-hashes';
export { consoleSettings, defineConsoleSettings } from './console.config';
export type { ConsoleSettings, ConsoleSettingsDefaults } from './console.config';
export {
  CONSOLE_ERRORS,
  AdminPortPublicError,
  ConsoleAuditUnavailableError,
  ConsoleBodyTooLargeError,
  ConsoleBusyError,
  ConsoleFailedError,
  ConsoleForbiddenError,
  ConsoleIdempotencyConflictError,
  ConsoleLoginLimitedError,
  ConsoleMediaTypeError,
  ConsoleMessagesOffError,
  ConsoleMethodRefusedError,
  ConsoleNotFoundError,
  ConsoleOriginRefusedError,
  ConsolePortUnavailableError,
  ConsoleRequestInvalidError,
  ConsoleStreamLimitError,
  ConsoleTimeoutError,
  ConsoleTokenExpiredError,
  ConsoleTokenMissingError,
  ConsoleUnauthenticatedError,
} from './console.errors';
