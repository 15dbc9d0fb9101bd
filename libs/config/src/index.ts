export { defineSettings } from './settings-slice';
export type { SettingsOf, SettingsSlice, SliceOptions } from './settings-slice';
export { ENVIRONMENTS, SETTING_EFFECTS, SETTING_UNITS } from './setting';
export type {
  ConfigProblem,
  Environment,
  Setting,
  SettingEffect,
  SettingFields,
  SettingUnit,
  SettingValues,
} from './setting';
export { ALLOW_VARIABLE, LINT_OVERRIDES, LINT_SEVERITIES, defineLints } from './lint';
export type { Lint, LintContext, LintFinding, LintOverride, LintSeverity } from './lint';
export { lintSettings } from './lint-settings';
export type { LintInput } from './lint-settings';
export { loadSettings } from './load-settings';
export type { LoadOptions } from './load-settings';
export { Settings } from './settings';
export type { EffectiveSetting } from './settings';
export { SETTINGS, SettingsModule } from './config.module';
export { isLoopback } from './loopback';
export { Secret } from './secret';
export { standardSchema } from './standard-schema';
export { bytes, count, durationMs, flag, list, oneOf, port, ratio, text } from './schemas';
export { LOG_LEVELS, defineServiceSettings, serviceSettings } from './service.settings';
export { shutdownBudgetMs } from './service.lints';
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
  ConfigUnsafeError,
  DrainExceedsGraceError,
  SecretInlineError,
} from './config.errors';
