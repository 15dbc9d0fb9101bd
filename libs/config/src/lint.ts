import type { ConfigProblem, Environment, SettingFields, SettingValues } from './setting';
import type { SettingsSlice } from './settings-slice';

/** The variable by which an operator starts in spite of a refusal; field `allow` of the slice `service`. */
export const ALLOW_VARIABLE = 'CONFIG_ALLOW';

/** What a lint does about its finding; closed set. `refuse` stops the start, `warn` is told. */
export const LINT_SEVERITIES = ['refuse', 'warn'] as const;
export type LintSeverity = (typeof LINT_SEVERITIES)[number];

/** Where `CONFIG_ALLOW` may override a refusal; closed set. */
export const LINT_OVERRIDES = ['everywhere', 'outside-production', 'never'] as const;
export type LintOverride = (typeof LINT_OVERRIDES)[number];

/** What a lint sees besides the values of its own slice. */
export interface LintContext {
  readonly environment: Environment;
  /** @returns the values of another slice; undefined when it is not loaded or not valid. */
  find<F extends SettingFields>(slice: SettingsSlice<F>): SettingValues<F> | undefined;
}

/**
 * One rule over settings of which each is valid and that are unsafe together.
 *
 * It comes with the slice that owns the settings, and looks at slices of the same or lower layers.
 */
export interface Lint<F extends SettingFields = SettingFields> {
  /** UPPER_SNAKE_CASE, stable; what `CONFIG_ALLOW` names. Equals the code of an error where code refuses the same. */
  readonly id: string;
  /** One severity for all environments, or one for each; `off` = not looked at there. */
  readonly severity:
    | LintSeverity
    | {
        readonly production: LintSeverity | 'off';
        readonly otherwise: LintSeverity | 'off';
      };
  /** Variables that it looks at; the one to change first. */
  readonly settings: readonly [string, ...string[]];
  /** What happens if nobody changes it. */
  readonly danger: string;
  readonly fix: string;
  /** Default `everywhere`; `never` where the service could not run anyway. */
  readonly override?: LintOverride;
  /** @returns what is unsafe, in half a sentence without a secret; null when nothing is. */
  check(values: SettingValues<F>, context: LintContext): string | null;
}

/** What a lint found. */
export interface LintFinding extends ConfigProblem {
  /** Id of the lint. */
  readonly code: string;
  /** `allowed`: it would be refused, and `CONFIG_ALLOW` names it. */
  readonly severity: LintSeverity | 'allowed';
  readonly danger: string;
  readonly fix: string;
}

/** Types the lints of a slice that lie in a file of their own: `defineLints<KafkaFields>([...])`. */
export function defineLints<F extends SettingFields>(
  lints: ReadonlyArray<Lint<F>>,
): ReadonlyArray<Lint<F>> {
  return Object.freeze([...lints]);
}
