import { ConfigUnknownKeyError, SecretInlineError } from './config.errors';
import { ALLOW_VARIABLE } from './lint';
import type { LintFinding } from './lint';
import { findingOf } from './lint-settings';
import type { LintInput } from './lint-settings';
import { hint } from './near-name';
import type { SettingsSlice } from './settings-slice';
import type { Layer } from './sources';

// Kubernetes writes these for every Service of the namespace (service links); they are not typing
// mistakes: KAFKA_SERVICE_HOST, KAFKA_PORT=tcp://..., KAFKA_PORT_9092_TCP_ADDR.
const SERVICE_LINK = /_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP)(_[A-Z]+)?)$/;

/** Not a rule of any slice: it is about what no slice knows. */
const UNKNOWN = {
  id: ConfigUnknownKeyError.definition.code,
  danger: 'what was meant by it keeps its default',
  fix: ConfigUnknownKeyError.definition.fix,
} as const;

/**
 * Names the variables that look like ours and are not, with the nearest name that exists.
 *
 * A warning; in production a name that is nearly one of ours is refused.
 */
export function unknownVariables(
  input: Pick<LintInput, 'slices' | 'environment' | 'allowed'>,
  variables: Layer['variables'],
  prefixes: readonly string[],
): readonly LintFinding[] {
  const known = input.slices.flatMap(namesOf);
  return Object.keys(variables)
    .filter((name) => !isServiceLink(name, variables[name] ?? ''))
    .filter((name) => prefixes.some((prefix) => name.startsWith(prefix)))
    .filter((name) => !known.includes(name))
    .sort()
    .flatMap((name) => {
      const near = hint(name, known);
      const severity =
        near === '' ? 'warn' : ({ production: 'refuse', otherwise: 'warn' } as const);
      const reason = `no setting has this name${near}`;
      return findingOf({ ...UNKNOWN, severity, settings: [name] }, () => reason, input);
    });
}

/** What `CONFIG_ALLOW` names and no lint is called: most likely the override of a typing mistake. */
export function unknownOverrides({
  slices,
  environment,
  allowed,
}: Pick<LintInput, 'slices' | 'environment' | 'allowed'>): readonly LintFinding[] {
  const known: readonly string[] = [
    ...[UNKNOWN.id, SecretInlineError.definition.code],
    ...slices.flatMap(({ lints }) => lints.map(({ id }) => id)),
  ];
  return allowed
    .filter((id) => !known.includes(id))
    .flatMap((id) => {
      const reason = `no lint has the id ${id}${hint(id, known)}`;
      const lint = { ...UNKNOWN, severity: 'warn', settings: [ALLOW_VARIABLE] } as const;
      return findingOf(
        { ...lint, danger: 'it allows nothing', fix: 'correct the id or remove it' },
        () => reason,
        { environment, allowed: [] },
      );
    });
}

function namesOf({ fields, refused }: SettingsSlice): string[] {
  const settings = Object.values(fields).flatMap(({ env, aliases = [], secret }) => [
    env,
    ...aliases,
    ...(secret === true ? [`${env}_FILE`] : []),
  ]);
  return [...settings, ...Object.keys(refused)];
}

function isServiceLink(name: string, value: string): boolean {
  return SERVICE_LINK.test(name) || (name.endsWith('_PORT') && /^(tcp|udp):\/\//.test(value));
}
