import { defineError } from 'millrace/errors';

/** Refuses arguments that make no sense; names the argument and the help of the verb. */
export class CliUsageError extends defineError({
  code: 'CLI_USAGE',
  failure: 'permanent',
  summary: 'the command is not written as it has to be',
  likelyCause: 'a misspelled verb or option, or an argument is missing',
  fix: 'millrace --help',
}) {}

/** Says that a verb needs contracts or settings of a project, and none is named. */
export class CliProjectMissingError extends defineError({
  code: 'CLI_PROJECT_MISSING',
  failure: 'permanent',
  summary: 'no project is named, so its contracts and settings are not known',
  likelyCause: 'package.json has no "millrace": { "project": ... }, and --project is not given',
  fix: 'build the project and name its compiled module: --project dist/millrace-project.js',
}) {}

/** Says that the module of a project cannot be loaded or exports something else. */
export class CliProjectInvalidError extends defineError({
  code: 'CLI_PROJECT_INVALID',
  failure: 'permanent',
  summary: 'the module of the project cannot be used',
  likelyCause: 'it is not built yet, or it does not export `project` as defineProject() makes it',
  fix: 'build the project, then export const project = defineProject({ contracts, services })',
}) {}

/** Names a contract that the project does not have, and lists those that it has. */
export class CliContractUnknownError extends defineError({
  code: 'CLI_CONTRACT_UNKNOWN',
  failure: 'permanent',
  summary: 'the project has no such contract',
  likelyCause: 'a typing mistake, or the contract is not in the list of the project module',
  fix: 'millrace contracts ls',
}) {}

/** Says that a file of the command line cannot be read. */
export class CliFileUnreadableError extends defineError({
  code: 'CLI_FILE_UNREADABLE',
  failure: 'permanent',
  summary: 'a file cannot be read',
  likelyCause: 'it does not exist, or this user may not read it',
  fix: 'check the path; without --file the standard input is read',
}) {}

/** Refuses to change production without a word of a person. */
export class CliConfirmationMissingError extends defineError({
  code: 'CLI_CONFIRMATION_MISSING',
  failure: 'permanent',
  summary: 'this changes production and nobody confirmed it',
  likelyCause: 'NODE_ENV is production, and there is no terminal on which the name could be typed',
  fix: 'look with --dry-run, then give --yes --reason "why"',
}) {}

/** Says that something else was typed than the name of the pipeline. */
export class CliConfirmationDifferentError extends defineError({
  code: 'CLI_CONFIRMATION_DIFFERENT',
  failure: 'permanent',
  summary: 'what was typed is not the name of the pipeline, so nothing was done',
  likelyCause: 'a typing mistake, or another pipeline was meant',
  fix: 'look with --dry-run, then run the command again',
}) {}

/** Says that there is nothing to resume. */
export class CliNothingPausedError extends defineError({
  code: 'CLI_NOTHING_PAUSED',
  failure: 'permanent',
  summary: 'it is neither paused nor stopped',
  likelyCause: 'another name, another database, or a pause of another extent: --topic, --partition',
  fix: 'millrace pauses',
}) {}

/** Says that a job cannot be cancelled or resumed any more. */
export class CliJobOverError extends defineError({
  code: 'CLI_JOB_OVER',
  failure: 'permanent',
  summary: 'the job is over, so there is nothing to do',
  likelyCause: 'it has ended or was cancelled meanwhile',
  fix: 'look at it with --jobs, and start another one',
}) {}

/** Says that the command broke in a way that nobody foresaw. */
export class CliUnexpectedError extends defineError({
  code: 'CLI_UNEXPECTED',
  failure: 'permanent',
  summary: 'the command broke',
  likelyCause: 'a defect, of Millrace or of the project module',
  fix: 'run it again with --verbose, which shows where, and report it',
}) {}

/** Every error class of this lib, for the catalogue. */
export const CLI_ERRORS = [
  CliUsageError,
  CliProjectMissingError,
  CliProjectInvalidError,
  CliContractUnknownError,
  CliFileUnreadableError,
  CliConfirmationMissingError,
  CliConfirmationDifferentError,
  CliNothingPausedError,
  CliJobOverError,
  CliUnexpectedError,
] as const;
