import { readFileSync } from 'node:fs';
import { ConfigDefinitionInvalidError } from './config.errors';
import { ENVIRONMENTS } from './setting';
import type { ConfigProblem, Environment, Setting } from './setting';
import { fingerprint, Secret } from './secret';
import { Settings } from './settings';
import type { ConfigWarning, EffectiveSetting } from './settings';
import type { SettingsSlice } from './settings-slice';
import { find, readLayers } from './sources';
import type { Found, Layer, ReadFile } from './sources';
import { invalid, validateSync, withoutValue } from './standard-schema';
import { unknownVariables } from './unknown-variables';

/** What {@link loadSettings} reads. */
export interface LoadOptions {
  readonly slices: readonly SettingsSlice[];
  /** The environment, usually `process.env`; never changed. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads env files and `<variable>_FILE`. Default: the file system, UTF-8. */
  readonly readFile?: ReadFile;
  /** Files of KEY=VALUE lines, for what `env` does not set; absent ones are skipped. Default: none. */
  readonly envFiles?: readonly string[];
  /** Prefixes that are ours: other variables with them become warnings. Default: none. */
  readonly knownPrefixes?: readonly string[];
}

interface Reading {
  readonly layers: readonly Layer[];
  readonly environment: Environment;
  readonly readFile: ReadFile;
  readonly problems: ConfigProblem[];
  readonly warnings: ConfigWarning[];
  readonly lines: EffectiveSetting[];
}

/**
 * Reads and validates every setting of every slice, once.
 *
 * A setting is taken from the environment, then from the file that `<variable>_FILE` names (secrets
 * only), then from env files, then from its default.
 *
 * @throws {ConfigInvalidError} CONFIG_INVALID listing all problems of all slices: names and reasons,
 * never values.
 * @throws {ConfigSchemaAsyncError} CONFIG_SCHEMA_ASYNC when a schema answers with a promise.
 * @throws {ConfigDefinitionInvalidError} CONFIG_DEFINITION_INVALID when two slices have one name.
 */
export function loadSettings(options: LoadOptions): Settings {
  const slices = [...new Set(options.slices)];
  refuseTwoOfOneName(slices);
  const readFile = options.readFile ?? ((path: string) => readFileSync(path, 'utf8'));
  const { layers, problems } = readLayers(options.env, options.envFiles ?? [], readFile);
  const reading: Reading = {
    layers,
    environment: environmentOf(layers),
    readFile,
    problems: [...problems],
    // Not of env files: several services read one, and none of them all of it.
    warnings: unknownVariables(slices, layers.slice(0, 1), options.knownPrefixes ?? []),
    lines: [],
  };
  const values = new Map(slices.map((slice) => [slice.name, readSlice(slice, reading)]));
  if (reading.problems.length > 0) throw invalid(reading.problems);
  return new Settings(values, Object.freeze(reading.lines), reading.warnings);
}

function readSlice(slice: SettingsSlice, reading: Reading): Readonly<Record<string, unknown>> {
  const known = reading.problems.length;
  refuseNamedVariables(slice, reading);
  const values: Record<string, unknown> = {};
  for (const [field, setting] of Object.entries(slice.fields)) {
    values[field] = readSetting(setting, reading);
  }
  if (reading.problems.length === known) lint(slice, values, reading);
  return Object.freeze(values);
}

function readSetting(setting: Setting, reading: Reading): unknown {
  const found = find(setting, reading.layers, reading.environment, reading.readFile);
  if ('reason' in found) {
    reading.problems.push(found);
    return undefined;
  }
  const { raw } = found;
  const result = validateSync(setting.schema, raw, setting.env);
  if (result.issues !== undefined) {
    const reasons = result.issues.map(({ message }) =>
      raw === undefined
        ? 'is not set and has no default'
        : withoutValue(message, raw, setting.secret === true),
    );
    reading.problems.push({ variable: setting.env, reason: [...new Set(reasons)].join('; ') });
    return undefined;
  }
  reading.lines.push(lineOf(setting, found));
  const isWrapped = setting.secret === true && result.value !== undefined;
  return isWrapped ? new Secret(result.value) : result.value;
}

function lineOf(setting: Setting, { raw = '', source }: Found): EffectiveSetting {
  const value =
    setting.secret === true && raw !== ''
      ? fingerprint(raw)
      : raw.replace(/:\/\/[^/@\s]*@/g, '://[redacted]@');
  return Object.freeze({ variable: setting.env, value, source });
}

function lint(slice: SettingsSlice, values: Record<string, unknown>, reading: Reading): void {
  for (const { severity, ...finding } of slice.lint(values, reading.environment)) {
    if (severity === 'refuse') reading.problems.push(finding);
    else reading.warnings.push(finding);
  }
}

function refuseNamedVariables(slice: SettingsSlice, { layers, problems }: Reading): void {
  for (const [variable, reason] of Object.entries(slice.refused)) {
    const isSet = layers.some(({ variables }) => (variables[variable] ?? '') !== '');
    if (isSet) problems.push({ variable, reason: `is not a setting: ${reason}` });
  }
}

function environmentOf(layers: readonly Layer[]): Environment {
  const name = layers.map(({ variables }) => variables['NODE_ENV']).find((value) => value);
  return ENVIRONMENTS.find((environment) => environment === name) ?? 'development';
}

function refuseTwoOfOneName(slices: readonly SettingsSlice[]): void {
  const names = slices.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (twice.length > 0) {
    throw new ConfigDefinitionInvalidError({
      message: `two slices of settings have the name "${twice.join('", "')}"`,
    });
  }
}
