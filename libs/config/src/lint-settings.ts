import type { Lint, LintContext, LintFinding, LintSeverity } from './lint';
import type { Environment, SettingFields, SettingValues } from './setting';
import type { SettingsSlice } from './settings-slice';

type Values = Readonly<Record<string, unknown>>;

/** Slices with values, and what the operator has allowed. */
export interface LintInput {
  readonly slices: readonly SettingsSlice[];
  /** Values by name of slice; a slice with a problem has none. */
  readonly values: ReadonlyMap<string, Values>;
  readonly environment: Environment;
  /** Ids of lints, from `CONFIG_ALLOW`. */
  readonly allowed: readonly string[];
}

/**
 * Runs every lint of every valid slice.
 *
 * Promise: all findings of all slices, in the order of the slices; an override changes the severity
 * of a finding and never removes it.
 */
export function lintSettings(input: LintInput): readonly LintFinding[] {
  const { slices, values, environment } = input;
  const context: LintContext = {
    environment,
    find: <F extends SettingFields>(slice: SettingsSlice<F>) =>
      values.get(slice.name) as SettingValues<F> | undefined,
  };
  return slices.flatMap(({ name, lints }) => {
    const own = values.get(name);
    if (own === undefined) return [];
    return lints.flatMap((lint) => findingOf(lint, () => lint.check(own, context), input));
  });
}

/** Looks, if the environment is one where the lint looks, and says what is to be done about it. */
export function findingOf(
  lint: Omit<Lint, 'check'>,
  check: () => string | null,
  { environment, allowed }: Pick<LintInput, 'environment' | 'allowed'>,
): readonly LintFinding[] {
  const { id, danger, fix } = lint;
  const severity = severityOf(lint, environment);
  const reason = severity === 'off' ? null : check();
  if (severity === 'off' || reason === null) return [];
  const found = { code: id, variable: lint.settings.join(', '), reason, danger, fix };
  if (severity === 'warn' || !allowed.includes(id)) return [{ ...found, severity }];
  if (mayAllow(lint, environment)) return [{ ...found, severity: 'allowed' }];
  return [{ ...found, severity, reason: `${reason}; CONFIG_ALLOW cannot allow it here` }];
}

/** What a lint does in an environment. */
export function severityOf(
  { severity }: Pick<Lint, 'severity'>,
  environment: Environment,
): LintSeverity | 'off' {
  if (typeof severity === 'string') return severity;
  return severity[environment === 'production' ? 'production' : 'otherwise'];
}

function mayAllow(
  { override = 'everywhere' }: Pick<Lint, 'override'>,
  environment: Environment,
): boolean {
  switch (override) {
    case 'everywhere':
      return true;
    case 'outside-production':
      return environment !== 'production';
    case 'never':
      return false;
    default:
      return override satisfies never;
  }
}
