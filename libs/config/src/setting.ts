import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Secret } from './secret';

/** Units of settings; closed set. The name of the setting carries it too (`lingerMs`). */
export const SETTING_UNITS = [
  'ms',
  's',
  'bytes',
  'records',
  'requests',
  'partitions',
  'count',
  'ratio',
  'per second',
] as const;
export type SettingUnit = (typeof SETTING_UNITS)[number];

/** When a changed setting counts; closed set. */
export const SETTING_EFFECTS = ['restart', 'live'] as const;
export type SettingEffect = (typeof SETTING_EFFECTS)[number];

/** Where a process runs, from `NODE_ENV`; closed set. */
export const ENVIRONMENTS = ['development', 'test', 'production'] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

/** One setting: a variable, and the schema that turns its text into a value. */
export interface Setting {
  /** The variable, UPPER_SNAKE_CASE; an empty variable counts as not set. */
  readonly env: string;
  /** Other accepted names; a different value under two names is a problem. Default: none. */
  readonly aliases?: readonly string[];
  /** Any Standard Schema from text to a value, synchronous. It gets `undefined` when nothing is set. */
  readonly schema: StandardSchemaV1;
  /**
   * The raw text as one would write it in the environment; parsed by the same schema.
   * Without one, a schema that refuses `undefined` makes the setting required.
   */
  readonly default?: string | { readonly production: string; readonly otherwise: string };
  /** One sentence for the generated table. */
  readonly description: string;
  readonly unit?: SettingUnit;
  /** Wraps the value in {@link Secret} and also reads `<env>_FILE`. Default: not secret. */
  readonly secret?: true;
  /**
   * `allowed`: in production too the environment may hold it, since nobody gets in with it; for
   * hashes. Default: only a file may.
   */
  readonly inline?: 'allowed';
  /** When a change counts: `live` for what is read again while the process runs. Default `restart`. */
  readonly takesEffect?: SettingEffect;
}

export type SettingFields = Readonly<Record<string, Setting>>;

type ValueOf<F extends Setting> = F extends { readonly secret: true }
  ? SecretOf<StandardSchemaV1.InferOutput<F['schema']>>
  : StandardSchemaV1.InferOutput<F['schema']>;

// A conditional type over a naked parameter would turn `A | B` into two kinds of secret.
type SecretOf<T> = undefined extends T ? Secret<Exclude<T, undefined>> | undefined : Secret<T>;

/** The values of a set of fields: what {@link Settings.get} answers. */
export type SettingValues<F extends SettingFields> = { readonly [K in keyof F]: ValueOf<F[K]> };

/** One thing that is wrong, or unwise, with the configuration. Never holds a value. */
export interface ConfigProblem {
  readonly variable: string;
  readonly reason: string;
  /** Code of the catalogue when the problem has an entry of its own. */
  readonly code?: string;
}
