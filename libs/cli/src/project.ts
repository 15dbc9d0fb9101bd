import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { MillraceError } from 'millrace/errors';
import type { SettingsSlice } from 'millrace/config';
import type { Contract } from 'millrace/contracts';
import {
  CliContractUnknownError,
  CliProjectInvalidError,
  CliProjectMissingError,
} from './cli.errors';
import type { CliEdge } from './edge';
import { quoted } from './input/time';
import { moduleAt } from './lazy';

/** What the command line must know of a project; its compiled module exports one as `project`. */
export interface CliProject {
  /** For `tail`, `produce` and `contracts`. */
  readonly contracts: readonly Contract[];
  /** Settings by service, for `lint` and `config`; example `{ processor: PROCESSOR_SETTINGS }`. */
  readonly services: Readonly<Record<string, readonly SettingsSlice[]>>;
  /** Folder of the committed schemas, relative to package.json; for `contracts`. Default `contracts/schemas`. */
  readonly schemas?: string;
  /** Folder of the golden corpus, relative to package.json; for `contracts check`. Default `contracts/corpus`. */
  readonly corpus?: string;
}

/** What is used when a project says nothing else. */
export const PROJECT_DEFAULTS = Object.freeze({
  schemas: 'contracts/schemas',
  corpus: 'contracts/corpus',
});

/**
 * Describes a project for the command line; the compiler checks it here.
 *
 * @example
 * export const project = defineProject({ contracts: [OrderPlaced], services: { orders: ORDERS_SETTINGS } });
 */
export function defineProject(project: CliProject): CliProject {
  return Object.freeze({ ...project });
}

/** A project with the folder of its package.json, from which its paths count. */
export interface LoadedProject extends CliProject {
  readonly directory: string;
}

/**
 * Loads the module that `--project` names, else the one of the nearest package.json.
 *
 * @returns undefined when neither names one.
 * @throws {CliProjectInvalidError} CLI_PROJECT_INVALID when it cannot be loaded or exports no project.
 */
export function loadProject(
  edge: Pick<CliEdge, 'directory'>,
  option: string | undefined,
): LoadedProject | undefined {
  const nearest = nearestManifest(edge.directory);
  const path = option === undefined ? projectOf(nearest) : resolve(edge.directory, option);
  if (path === undefined) return undefined;
  return { ...exportedProject(path), directory: nearest ?? edge.directory };
}

/** @throws {CliProjectMissingError} CLI_PROJECT_MISSING */
export function requireProject(project: LoadedProject | undefined): LoadedProject {
  if (project === undefined) throw new CliProjectMissingError();
  return project;
}

/**
 * Finds a contract by name, by `<name> v<version>` or, where only one lives there, by topic.
 *
 * @throws {CliContractUnknownError} CLI_CONTRACT_UNKNOWN
 */
export function contractOf({ contracts }: CliProject, text: string): Contract {
  const named = (contract: Contract) =>
    [contract.name, `${contract.name} v${contract.version}`].includes(text);
  const [byName] = contracts.filter(named).sort((a, b) => b.version - a.version);
  const byTopic = contracts.filter(({ topic }) => topic === text);
  const found = byName ?? (byTopic.length === 1 ? byTopic[0] : undefined);
  if (found !== undefined) return found;
  const known = contracts.map(({ name, version }) => `${name} v${version}`);
  throw new CliContractUnknownError({
    message: `the project has no contract ${quoted(text)}`,
    fix: `take one of: ${known.join(', ') || 'none are exported'}`,
  });
}

function projectOf(directory: string | undefined): string | undefined {
  if (directory === undefined) return undefined;
  const manifest = readManifest(join(directory, 'package.json'));
  const project = (manifest['millrace'] as { readonly project?: unknown } | undefined)?.project;
  if (project === undefined) return undefined;
  if (typeof project === 'string') return resolve(directory, project);
  throw new CliProjectInvalidError({
    message: '"millrace": { "project": ... } of package.json is no path',
    where: join(directory, 'package.json'),
  });
}

function nearestManifest(from: string): string | undefined {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'package.json'))) return directory;
    if (directory === dirname(directory)) return undefined;
  }
}

function readManifest(path: string): Record<string, unknown> {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) ?? {}) as Record<string, unknown>;
  } catch (error) {
    throw new CliProjectInvalidError({
      message: 'package.json is no JSON',
      where: path,
      likelyCause: 'it was edited by hand',
      fix: 'correct it, or name the module with --project',
      cause: error,
    });
  }
}

function exportedProject(path: string): CliProject {
  let loaded: unknown;
  try {
    loaded = moduleAt(path);
  } catch (error) {
    // What the module itself refuses says more than that it did.
    if (error instanceof MillraceError) throw error;
    const isAbsent = !existsSync(path) && !existsSync(`${path}.js`);
    throw new CliProjectInvalidError({
      message: isAbsent
        ? 'the module of the project does not exist'
        : 'the module of the project does not load',
      where: path,
      cause: error,
      ...(isAbsent ? { likelyCause: 'it is not built yet' } : { likelyCause: firstLine(error) }),
    });
  }
  const { project, default: fallback } = Object(loaded) as Record<string, unknown>;
  const found = project ?? (Object(fallback) as Record<string, unknown>)['project'] ?? fallback;
  if (isProject(found)) return found;
  throw new CliProjectInvalidError({
    message: 'the module of the project exports no `project`',
    where: path,
  });
}

function isProject(value: unknown): value is CliProject {
  const { contracts, services } = Object(value) as Partial<CliProject>;
  return Array.isArray(contracts) && typeof services === 'object' && services !== null;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
