export { defineSettings } from './settings-slice';
export type { SettingsOf, SettingsSlice, SliceOptions } from './settings-slice';
export { ENVIRONMENTS, SETTING_UNITS } from './setting';
export type {
  ConfigProblem,
  Environment,
  Lint,
  LintFinding,
  Setting,
  SettingFields,
  SettingUnit,
  SettingValues,
} from './setting';
export { loadSettings } from './load-settings';
export type { LoadOptions } from './load-settings';
export { Settings } from './settings';
export type { ConfigWarning, EffectiveSetting } from './settings';
export { SETTINGS, SettingsModule } from './config.module';
export { Secret } from './secret';
export { standardSchema } from './standard-schema';
export { bytes, count, durationMs, flag, list, oneOf, port, ratio, text } from './schemas';
export {
  LOG_LEVELS,
  defineServiceSettings,
  serviceSettings,
  shutdownBudgetMs,
} from './service.settings';
export type { LogLevel, ServiceSettings } from './service.settings';
export { metricsSettings } from './metrics.settings';
export type { MetricsSettings } from './metrics.settings';
export {
  CONFIG_ERRORS,
  ConfigDefinitionInvalidError,
  ConfigInvalidError,
  ConfigSchemaAsyncError,
  ConfigSliceMissingError,
  ConfigUnknownKeyError,
  DrainExceedsGraceError,
} from './config.errors';
