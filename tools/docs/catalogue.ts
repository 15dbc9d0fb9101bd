import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { SettingsSlice } from 'millrace/config';
import type { MillraceErrorClass } from 'millrace/errors';

/** What one lib or app brings into the generated pages. */
export interface CatalogueEntry {
  /** How a reader names the place; example `millrace/kafka` or `apps/producer`. */
  readonly owner: string;
  readonly exported: Readonly<Record<string, unknown>>;
  readonly errors: readonly MillraceErrorClass[];
  readonly slices: readonly SettingsSlice[];
}

/**
 * Loads every published lib and the settings and errors of every app.
 *
 * Works on the sources (under Jest, which maps the aliases) and on the emit of the tools (under Node,
 * with tools/build/register-aliases.cjs).
 *
 * @param root - the repository: its folders name the libs and the apps.
 * @param code - where the code to load lies: `root` itself, or the folder of the emit.
 */
export function loadCatalogue(root: string, code: string): readonly CatalogueEntry[] {
  return [
    ...publishedLibs(root).map(entryOfLib),
    ...appsOf(root).map((app) => entryOfApp(code, app)),
  ];
}

/** Built with the apps, never published: the contracts of the reference pipelines. */
export const UNPUBLISHED_LIBS: readonly string[] = ['events'];

/** The libs that are published, by name. */
export function publishedLibs(root: string): readonly string[] {
  return readdirSync(join(root, 'libs'))
    .filter((lib) => !UNPUBLISHED_LIBS.includes(lib))
    .sort();
}

function appsOf(root: string): readonly string[] {
  const folder = join(root, 'apps');
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

function entryOfLib(lib: string): CatalogueEntry {
  return entryOf(`millrace/${lib}`, load(`millrace/${lib}`));
}

function entryOfApp(code: string, app: string): CatalogueEntry {
  const sources = join(code, 'apps', app);
  const all = existsSync(sources)
    ? readdirSync(sources, { recursive: true, encoding: 'utf8' })
    : [];
  const files = all.filter((file) => /\.(config|settings|errors)\.(ts|js)$/.test(file)).sort();
  const folder = relative(__dirname, sources).split(sep).join('/');
  const exported = files.map((file) => load(`${folder}/${file.replace(/\.(ts|js)$/, '')}`));
  return entryOf(`apps/${app}`, Object.assign({}, ...exported) as Record<string, unknown>);
}

function entryOf(owner: string, exported: Readonly<Record<string, unknown>>): CatalogueEntry {
  const values = [...new Set(Object.values(exported))];
  return {
    owner,
    exported,
    errors: values.filter(isErrorClass),
    slices: values
      .flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : value))
      .filter(isSlice),
  };
}

function load(name: string): Record<string, unknown> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import() of a computed name does not run under Jest
  return require(name) as Record<string, unknown>;
}

function isErrorClass(value: unknown): value is MillraceErrorClass {
  return typeof value === 'function' && 'definition' in value && 'code' in Object(value.definition);
}

function isSlice(value: unknown): value is SettingsSlice {
  if (typeof value !== 'object' || value === null) return false;
  return 'fields' in value && 'lints' in value && 'refused' in value;
}
