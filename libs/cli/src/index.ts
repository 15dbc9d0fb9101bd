export { runCli } from './run-cli';
export { runProcess } from './command-process';
export type { CommandProcess } from './command-process';
export { SERVERS } from './edge';
export type { CliEdge, CliStop, ServerName, Servers, TextOutput } from './edge';
export { EXIT_CODES, exitCodeOf } from './exit-codes';
export type { ExitCode } from './exit-codes';
export { PROJECT_DEFAULTS, defineProject } from './project';
export type { CliProject } from './project';
export {
  CLI_ERRORS,
  CliConfirmationDifferentError,
  CliConfirmationMissingError,
  CliContractUnknownError,
  CliFileUnreadableError,
  CliJobOverError,
  CliNothingPausedError,
  CliProjectInvalidError,
  CliProjectMissingError,
  CliUnexpectedError,
  CliUsageError,
} from './cli.errors';
