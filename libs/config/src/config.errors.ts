import { defineError } from 'millrace/errors';

/** Lists everything that is wrong with the environment: names and reasons, never values. */
export class ConfigInvalidError extends defineError({
  code: 'CONFIG_INVALID',
  failure: 'fatal',
  summary: 'the configuration is not valid',
  likelyCause: 'a variable is missing, misspelled or outside its range',
  fix: 'correct every variable that the message lists, then start again',
}) {}

/** Lists every combination of settings that is unsafe: each is valid by itself. */
export class ConfigUnsafeError extends defineError({
  code: 'CONFIG_UNSAFE',
  failure: 'fatal',
  summary: 'the configuration is valid and unsafe',
  likelyCause: 'settings that work alone lose records, time or protection together',
  fix: 'change what the message lists; CONFIG_ALLOW=<ids> starts in spite of those that may be allowed',
}) {}

/** Names a variable that looks like one of ours and is not; told with the lints, never thrown alone. */
export class ConfigUnknownKeyError extends defineError({
  code: 'CONFIG_UNKNOWN_KEY',
  failure: 'fatal',
  summary: 'a variable has a prefix of this service and no setting of this name exists',
  likelyCause: 'a typing mistake, or a setting of another version',
  fix: 'correct the name or remove the variable',
}) {}

/** Names a variable of production that holds a secret itself; told with the lints, never thrown alone. */
export class SecretInlineError extends defineError({
  code: 'SECRET_INLINE',
  failure: 'fatal',
  summary: 'the environment of production holds a secret itself',
  likelyCause: 'a password in a connection string or in a variable, where a file may hold it',
  fix: 'mount the secret as a file and name it by <variable>_FILE',
}) {}

/** Refuses a schema that answers with a promise: settings are read before anything can wait. */
export class ConfigSchemaAsyncError extends defineError({
  code: 'CONFIG_SCHEMA_ASYNC',
  failure: 'fatal',
  summary: 'a schema of the configuration is asynchronous',
  likelyCause: 'an async refinement or transformation in the schema',
  fix: 'use a synchronous schema; check what needs a server when the service connects',
}) {}

/** Refuses slices that contradict each other. */
export class ConfigDefinitionInvalidError extends defineError({
  code: 'CONFIG_DEFINITION_INVALID',
  failure: 'fatal',
  summary: 'the definition of the settings is wrong',
  likelyCause: 'two slices have the same name, or a variable is not UPPER_SNAKE_CASE',
  fix: 'correct the defineSettings(...) that the message names',
}) {}

/** Says that settings of a slice are asked for which was not loaded. */
export class ConfigSliceMissingError extends defineError({
  code: 'CONFIG_SLICE_MISSING',
  failure: 'fatal',
  summary: 'settings of a slice are asked for that was not loaded',
  likelyCause: 'the slice is not in the list that the app hands to loadSettings(...)',
  fix: 'add the slice to <app>.config.ts',
}) {}

/** Warns of, or refuses, drain budgets that the platform would cut short. */
export class DrainExceedsGraceError extends defineError({
  code: 'DRAIN_EXCEEDS_GRACE',
  failure: 'fatal',
  summary: 'the budgets of the drain are longer than the grace period of the platform',
  likelyCause: 'a budget was raised and terminationGracePeriodSeconds was not',
  fix: 'raise terminationGracePeriodSeconds (and its copy TERMINATION_GRACE_PERIOD_SECONDS), or lower a budget',
}) {}

/** Every error class of this lib, for the catalogue. */
export const CONFIG_ERRORS = [
  ConfigInvalidError,
  ConfigUnsafeError,
  ConfigUnknownKeyError,
  SecretInlineError,
  ConfigSchemaAsyncError,
  ConfigDefinitionInvalidError,
  ConfigSliceMissingError,
  DrainExceedsGraceError,
] as const;
