import { ConfigDefinitionInvalidError } from './config.errors';
import type { Lint, SettingFields, SettingValues } from './setting';

/** What belongs to a slice besides its fields. */
export interface SliceOptions<F extends SettingFields> {
  /** Variables that people try and that cannot work, with the reason: they are problems. */
  readonly refused?: Readonly<Record<string, string>>;
  /** Rules over several values of this slice. */
  readonly lints?: ReadonlyArray<Lint<F>>;
}

/** The settings of one lib or app. Made by {@link defineSettings}. */
export interface SettingsSlice<F extends SettingFields = SettingFields> {
  readonly name: string;
  readonly fields: F;
  readonly refused: Readonly<Record<string, string>>;
  lint(values: SettingValues<F>, environment: Parameters<Lint<F>>[1]): ReturnType<Lint<F>>;
}

/** The values of a slice: `type KafkaSettings = SettingsOf<typeof kafkaSettings>`. */
export type SettingsOf<S> = S extends SettingsSlice<infer F> ? SettingValues<F> : never;

const VARIABLE = /^[A-Z][A-Z0-9_]*$/;

/**
 * Describes the settings of one lib or app: variables, types, defaults, words for the docs.
 *
 * @param name - first part of the key in `ConfigService`; example `kafka` for `kafka.brokers`.
 * @throws {ConfigDefinitionInvalidError} CONFIG_DEFINITION_INVALID when a variable is not
 * UPPER_SNAKE_CASE or is used twice.
 */
export function defineSettings<const F extends SettingFields>(
  name: string,
  fields: F,
  options: SliceOptions<F> = {},
): SettingsSlice<F> {
  const variables = Object.values(fields).flatMap(({ env, aliases = [] }) => [env, ...aliases]);
  const wrong = variables.filter((variable) => !VARIABLE.test(variable));
  const twice = variables.filter((variable, index) => variables.indexOf(variable) !== index);
  if (wrong.length + twice.length > 0) {
    throw new ConfigDefinitionInvalidError({
      message: `settings "${name}": ${[...wrong, ...twice].join(', ')} must be UPPER_SNAKE_CASE and used once`,
    });
  }
  return Object.freeze({
    name,
    fields: Object.freeze(fields),
    refused: Object.freeze({ ...options.refused }),
    lint: (values: SettingValues<F>, environment: Parameters<Lint<F>>[1]) =>
      (options.lints ?? []).flatMap((lint) => lint(values, environment)),
  });
}
