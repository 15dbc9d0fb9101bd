import { ConfigSliceMissingError } from './config.errors';
import type { ConfigProblem, SettingFields, SettingValues } from './setting';
import type { SettingsSlice } from './settings-slice';

/** One line of the effective configuration; a secret shows only its fingerprint. */
export interface EffectiveSetting {
  readonly variable: string;
  /** Empty when it is not set. */
  readonly value: string;
  /** `default`, `env`, `file` (named by `<variable>_FILE`), or the path of an env file. */
  readonly source: string;
}

/** Something unwise that does not stop the start. */
export interface ConfigWarning extends ConfigProblem {
  readonly code: string;
}

/**
 * Validated settings: read once, frozen, handed to whoever needs them.
 *
 * Made by {@link loadSettings}.
 */
export class Settings {
  /** Unknown variables and lints of severity `warn`. */
  readonly warnings: readonly ConfigWarning[];

  constructor(
    private readonly values: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
    private readonly lines: readonly EffectiveSetting[],
    warnings: readonly ConfigWarning[],
  ) {
    this.warnings = Object.freeze([...warnings]);
  }

  /**
   * Gives the values of a slice; found by the name of the slice.
   *
   * @throws {ConfigSliceMissingError} CONFIG_SLICE_MISSING when it was not loaded.
   */
  get<F extends SettingFields>(slice: SettingsSlice<F>): SettingValues<F> {
    const values = this.values.get(slice.name);
    if (values === undefined) {
      throw new ConfigSliceMissingError({
        message: `settings "${slice.name}" are asked for and were not loaded`,
        facts: { slice: slice.name },
      });
    }
    return values as SettingValues<F>;
  }

  /** True when the slice was loaded. */
  has(slice: SettingsSlice): boolean {
    return this.values.has(slice.name);
  }

  /** Every setting with its value and where it is from; safe to print. */
  effective(): readonly EffectiveSetting[] {
    return this.lines;
  }

  /**
   * A copy with other values; for tests. The values are taken as they are, no schema sees them.
   *
   * A slice that was not loaded is added with these values alone.
   */
  with<F extends SettingFields>(
    slice: SettingsSlice<F>,
    overrides: Partial<SettingValues<F>>,
  ): Settings {
    const values = new Map(this.values);
    values.set(slice.name, Object.freeze({ ...values.get(slice.name), ...overrides }));
    return new Settings(values, this.lines, this.warnings);
  }

  /** The values as one tree, by slice and field; what `ConfigService` reads. */
  tree(): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
    return Object.fromEntries(this.values);
  }
}
