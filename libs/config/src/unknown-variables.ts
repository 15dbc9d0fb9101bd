import { ConfigUnknownKeyError } from './config.errors';
import type { ConfigWarning } from './settings';
import type { SettingsSlice } from './settings-slice';
import type { Layer } from './sources';

// Kubernetes writes these for every Service of the namespace (service links); they are not typing
// mistakes: KAFKA_SERVICE_HOST, KAFKA_PORT=tcp://..., KAFKA_PORT_9092_TCP_ADDR.
const SERVICE_LINK = /_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP)(_[A-Z]+)?)$/;

/** Names the variables that look like ours and are not, with the nearest name that exists. */
export function unknownVariables(
  slices: readonly SettingsSlice[],
  layers: readonly Layer[],
  prefixes: readonly string[],
): ConfigWarning[] {
  const known = slices.flatMap(namesOf);
  const names = new Set(
    layers.flatMap(({ variables }) =>
      Object.keys(variables).filter((name) => !isServiceLink(name, variables[name] ?? '')),
    ),
  );
  return [...names]
    .filter((name) => prefixes.some((prefix) => name.startsWith(prefix)))
    .filter((name) => !known.includes(name))
    .sort()
    .map((variable) => ({
      code: ConfigUnknownKeyError.definition.code,
      variable,
      reason: `no setting has this name${hint(variable, known)}`,
    }));
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

function hint(variable: string, known: readonly string[]): string {
  const near = known.find((name) => distance(name, variable) <= 2);
  return near === undefined ? '' : `; did you mean ${near}?`;
}

/** Edits between two words (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
