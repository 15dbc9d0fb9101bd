import { ConfigDefinitionInvalidError } from './config.errors';
import type { Lint } from './lint';
import type { SettingFields, SettingValues } from './setting';

/** What belongs to a slice besides its fields. */
export interface SliceOptions<F extends SettingFields> {
  /** Variables that people try and that cannot work, with the reason: they are problems. */
  readonly refused?: Readonly<Record<string, string>>;
  /** Rules over values of this slice together, and with those of other slices. */
  readonly lints?: ReadonlyArray<Lint<F>>;
}

/** The settings of one lib or app. Made by {@link defineSettings}. */
export interface SettingsSlice<F extends SettingFields = SettingFields> {
  readonly name: string;
  readonly fields: F;
  readonly refused: Readonly<Record<string, string>>;
  readonly lints: ReadonlyArray<Lint<F>>;
}

/** The values of a slice: `type KafkaSettings = SettingsOf<typeof kafkaSettings>`. */
export type SettingsOf<S> = S extends SettingsSlice<infer F> ? SettingValues<F> : never;

const VARIABLE = /^[A-Z][A-Z0-9_]*$/;

/**
 * Describes the settings of one lib or app: variables, types, defaults, words for the docs.
 *
 * @param name - first part of the key in `ConfigService`; example `kafka` for `kafka.brokers`.
 * @throws {ConfigDefinitionInvalidError} CONFIG_DEFINITION_INVALID when a variable is not
 * UPPER_SNAKE_CASE or is used twice, or the id of a lint is.
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
  refuseWrongLints(name, options.lints ?? []);
  return Object.freeze({
    name,
    fields: Object.freeze(fields),
    refused: Object.freeze({ ...options.refused }),
    lints: Object.freeze([...(options.lints ?? [])]),
  });
}

function refuseWrongLints(name: string, lints: ReadonlyArray<Pick<Lint, 'id'>>): void {
  const ids = lints.map(({ id }) => id);
  const wrong = ids.filter((id, index) => !VARIABLE.test(id) || ids.indexOf(id) !== index);
  if (wrong.length === 0) return;
  throw new ConfigDefinitionInvalidError({
    message: `settings "${name}": the ids of lints ${wrong.join(', ')} must be UPPER_SNAKE_CASE and used once`,
  });
}
