import { parseEnvFile } from './env-file';
import type { ConfigProblem, Environment, Setting } from './setting';

export type ReadFile = (path: string) => string;

/** Variables from one place; earlier layers win. */
export interface Layer {
  /** `env`, or the path of an env file. */
  readonly source: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** The text of a setting and where it is from; `raw` undefined = nobody set it. */
export interface Found {
  readonly raw: string | undefined;
  /** `default`, `env`, `file` (named by `<variable>_FILE`), or the path of an env file. */
  readonly source: string;
}

/** Reads env files into layers; an absent file is no problem, an unreadable one is. */
export function readLayers(
  env: Layer['variables'],
  envFiles: readonly string[],
  readFile: ReadFile,
): { readonly layers: readonly Layer[]; readonly problems: readonly ConfigProblem[] } {
  const layers: Layer[] = [{ source: 'env', variables: env }];
  const problems: ConfigProblem[] = [];
  for (const path of envFiles) {
    try {
      const file = parseEnvFile(readFile(path), path);
      layers.push({ source: path, variables: file.variables });
      problems.push(...file.problems);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') {
        problems.push({ variable: path, reason: `cannot be read (${codeOf(error)})` });
      }
    }
  }
  return { layers, problems };
}

/** Finds the text of a setting: the first layer that has it, then the default. */
export function find(
  setting: Setting,
  layers: readonly Layer[],
  environment: Environment,
  readFile: ReadFile,
): Found | ConfigProblem {
  for (const layer of layers) {
    const found = findInLayer(setting, layer, readFile);
    if (found !== undefined) return found;
  }
  const { default: fallback } = setting;
  const raw =
    typeof fallback === 'object'
      ? fallback[environment === 'production' ? 'production' : 'otherwise']
      : fallback;
  return { raw, source: 'default' };
}

function findInLayer(
  { env, aliases = [], secret }: Setting,
  { source, variables }: Layer,
  readFile: ReadFile,
): Found | ConfigProblem | undefined {
  const isSet = (name: string) => (variables[name] ?? '') !== '';
  const names = [env, ...aliases].filter(isSet);
  const [name] = names;
  const fileVariable = `${env}_FILE`;
  if (secret && isSet(fileVariable)) {
    if (name !== undefined) {
      return { variable: env, reason: `is given twice: by ${name} and by ${fileVariable}` };
    }
    return readSecretFile(fileVariable, variables[fileVariable] ?? '', readFile);
  }
  if (name === undefined) return undefined;
  const other = names.find((candidate) => variables[candidate] !== variables[name]);
  if (other !== undefined) {
    return { variable: name, reason: `has another value than ${other}, its second name` };
  }
  return { raw: variables[name], source };
}

function readSecretFile(variable: string, path: string, readFile: ReadFile): Found | ConfigProblem {
  try {
    // Editors and `echo` end a file with a newline that is not part of the secret.
    return { raw: readFile(path).replace(/\r?\n$/, ''), source: 'file' };
  } catch (error) {
    return { variable, reason: `names a file that cannot be read (${codeOf(error)})` };
  }
}

function codeOf(error: unknown): string {
  // Not `instanceof`: errors of the file system may come from another realm.
  const isCoded = typeof error === 'object' && error !== null && 'code' in error;
  const code = isCoded ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown error';
}
