import { readFileSync } from 'node:fs';
import { ConfigDefinitionInvalidError } from './config.errors';
import { inlineSecrets, isInlineSecret } from './inline-secrets';
import { lintSettings } from './lint-settings';
import { invalid, unsafe } from './refusal';
import { serviceSettings } from './service.settings';
import { ENVIRONMENTS } from './setting';
import type { ConfigProblem, Environment, Setting } from './setting';
import { fingerprint, Secret } from './secret';
import { Settings } from './settings';
import type { EffectiveSetting } from './settings';
import type { SettingsSlice } from './settings-slice';
import { find, readLayers } from './sources';
import type { Found, Layer, ReadFile } from './sources';
import { validateSync, withoutValue } from './standard-schema';
import { unknownOverrides, unknownVariables } from './unknown-variables';

type Values = Readonly<Record<string, unknown>>;

/** User and password of a URI. */
const USER_INFO = /:\/\/[^/@\s]*@/g;

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
  /** `tell`: refusals of lints are findings too, for tools that show them all. Default `refuse`. */
  readonly unsafe?: 'refuse' | 'tell';
}

interface Reading {
  readonly layers: readonly Layer[];
  readonly environment: Environment;
  readonly readFile: ReadFile;
  readonly problems: ConfigProblem[];
  readonly lines: EffectiveSetting[];
  /** Variables that hold a secret themselves. */
  readonly inline: string[];
}

/**
 * Reads and validates every setting of every slice, once.
 *
 * A setting is taken from the environment, then from the file that `<variable>_FILE` names (secrets
 * only), then from env files, then from its default. Lints look at slices whose values are all valid.
 *
 * @throws {ConfigInvalidError} CONFIG_INVALID listing all problems of all slices: names and reasons,
 * never values; what is unsafe besides is listed too.
 * @throws {ConfigUnsafeError} CONFIG_UNSAFE listing every lint that refuses, when nothing is invalid.
 * @throws {ConfigSchemaAsyncError} CONFIG_SCHEMA_ASYNC when a schema answers with a promise.
 * @throws {ConfigDefinitionInvalidError} CONFIG_DEFINITION_INVALID when two slices have one name.
 */
export function loadSettings(options: LoadOptions): Settings {
  const slices = [...new Set(options.slices)];
  refuseTwoOfOneName(slices);
  const readFile = options.readFile ?? ((path: string) => readFileSync(path, 'utf8'));
  const { layers, problems } = readLayers(options.env, options.envFiles ?? [], readFile);
  const environment = environmentOf(layers);
  const reading: Reading = {
    ...{ layers, environment, readFile },
    ...{ problems: [...problems], lines: [], inline: [] },
  };
  const values = new Map<string, Values>();
  for (const slice of slices) {
    const read = readSlice(slice, reading);
    if (read !== undefined) values.set(slice.name, read);
  }
  const input = { slices, values, environment, allowed: allowedOf(values) };
  const findings = [
    ...lintSettings(input),
    ...inlineSecrets(reading.inline, input),
    // Not of env files: several services read one, and none of them all of it.
    ...unknownVariables(input, options.env, options.knownPrefixes ?? []),
    ...unknownOverrides(input),
  ];
  const refusals = findings.filter(({ severity }) => severity === 'refuse');
  if (reading.problems.length > 0) throw invalid(reading.problems, refusals);
  if (refusals.length > 0 && options.unsafe !== 'tell') throw unsafe(refusals);
  return new Settings(values, Object.freeze(reading.lines), findings);
}

/** Ids of `CONFIG_ALLOW`; nothing is allowed where the slice `service` is not loaded, or not valid. */
function allowedOf(values: ReadonlyMap<string, Values>): readonly string[] {
  const allow = values.get(serviceSettings.name)?.['allow'];
  return Array.isArray(allow) ? (allow as readonly string[]) : [];
}

/** @returns undefined when a setting of the slice has a problem. */
function readSlice(slice: SettingsSlice, reading: Reading): Values | undefined {
  const known = reading.problems.length;
  refuseNamedVariables(slice, reading);
  const values: Record<string, unknown> = {};
  for (const [field, setting] of Object.entries(slice.fields)) {
    values[field] = readSetting(slice.name, setting, reading);
  }
  return reading.problems.length === known ? Object.freeze(values) : undefined;
}

function readSetting(slice: string, setting: Setting, reading: Reading): unknown {
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
  reading.lines.push(lineOf(slice, setting, found));
  if (isInlineSecret(setting, found)) reading.inline.push(setting.env);
  const isWrapped = setting.secret === true && result.value !== undefined;
  return isWrapped ? new Secret(result.value) : result.value;
}

function lineOf(slice: string, setting: Setting, { raw = '', source }: Found): EffectiveSetting {
  const isSecret = setting.secret === true;
  return Object.freeze({
    slice,
    variable: setting.env,
    value: isSecret && raw !== '' ? fingerprint(raw) : raw.replace(USER_INFO, '://[redacted]@'),
    source,
    unit: setting.unit ?? null,
    description: setting.description,
    isSecret,
    needsRestart: setting.takesEffect !== 'live',
  });
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
  refuseTwice(
    slices.map(({ name }) => name),
    'slices of settings have the name',
  );
  refuseTwice(
    slices.flatMap(({ lints }) => lints.map(({ id }) => id)),
    'lints have the id',
  );
}

function refuseTwice(names: readonly string[], what: string): void {
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (twice.length === 0) return;
  throw new ConfigDefinitionInvalidError({ message: `two ${what} "${twice.join('", "')}"` });
}
