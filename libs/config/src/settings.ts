import { ConfigSliceMissingError } from './config.errors';
import type { LintFinding } from './lint';
import type { SettingFields, SettingUnit, SettingValues } from './setting';
import type { SettingsSlice } from './settings-slice';

/** One line of the effective configuration; safe to print, a secret shows only its fingerprint. */
export interface EffectiveSetting {
  /** Name of the slice; example `kafka`. */
  readonly slice: string;
  readonly variable: string;
  /** Empty when it is not set; `[secret sha256 1a2b3c4d]` for a secret. */
  readonly value: string;
  /** `default`, `env`, `file` (named by `<variable>_FILE`), or the path of an env file. */
  readonly source: string;
  readonly unit: SettingUnit | null;
  readonly description: string;
  readonly isSecret: boolean;
  /** False where a change counts while the process runs. */
  readonly needsRestart: boolean;
}

/**
 * Validated settings: read once, frozen, handed to whoever needs them.
 *
 * Made by {@link loadSettings}.
 */
export class Settings {
  /**
   * What lints and unknown variables have to say: severity `warn`, `allowed` by `CONFIG_ALLOW`, and
   * `refuse` only where {@link LoadOptions.unsafe} is `tell`.
   */
  readonly warnings: readonly LintFinding[];

  constructor(
    private readonly values: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
    private readonly lines: readonly EffectiveSetting[],
    warnings: readonly LintFinding[],
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
