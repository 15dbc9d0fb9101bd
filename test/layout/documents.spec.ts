import { existsSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { loadCatalogue } from '../../tools/docs/catalogue';
import { anchorsOf, codeOf, linksOf, sectionOf, tablesOf } from './markdown';
import { ROOT, libs, projectFiles, readText } from './tree';

const pages = projectFiles().filter((file) => file.endsWith('.md'));
/** Rows of what is asked name things that are not there yet; the generated pages test themselves. */
const ABOUT_THE_FUTURE = ['docs/requirements.md', 'docs/features.md'];
const GENERATED = ['docs/errors.md', 'docs/environment.md'];
const told = pages.filter((file) => ![...ABOUT_THE_FUTURE, ...GENERATED].includes(file));

const catalogue = loadCatalogue(ROOT, ROOT);
const entryOf = (lib: string) => catalogue.find(({ owner }) => owner === `millrace/${lib}`);
const codesOf = (lib: string) =>
  (entryOf(lib)?.errors ?? []).map(({ definition }) => definition.code).sort();
const settings = catalogue.flatMap(({ slices }) =>
  slices.flatMap(({ fields }) => Object.values(fields)),
);

const sourceFiles = projectFiles().filter((file) => !file.endsWith('.md'));
const isProduct = (file: string) => /^(libs|apps)\/.*\.ts$/.test(file) && !/spec\.ts$/.test(file);
const wordsOf = (files: readonly string[]) =>
  new Set(files.flatMap((file) => readText(file).match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? []));
const productWords = wordsOf(sourceFiles.filter(isProduct));
const METRIC = /\b(?:pipeline|metals|http)_[a-z0-9][a-z0-9_]*[a-z0-9]\b/g;
const CONSTANT = /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g;

/** Names that Kafka, Node, npm or Kubernetes gave. */
const FOREIGN = /^(NODE_(ENV|OPTIONS)|KAFKA_PORT|OFFSET_OUT_OF_RANGE|[A-Z]+_IN_PROGRESS)$/;

describe('links in Markdown', () => {
  it.each(pages)('%s: every relative link leads to a file and an anchor that exist', (page) => {
    const broken = linksOf(readText(page))
      .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target))
      .filter((target) => !resolves(page, target));
    expect(broken).toEqual([]);
  });
});

describe('names in the documents', () => {
  it.each(told)('%s: every metric is one that the code makes', (page) => {
    const named = codeOf(readText(page)).flatMap((code) => code.match(METRIC) ?? []);
    const unknown = named.filter(
      (name) =>
        !productWords.has(name) && !productWords.has(name.replace(/_(bucket|sum|count)$/, '')),
    );
    expect([...new Set(unknown)]).toEqual([]);
  });

  it.each(told)('%s: every code, variable and constant exists', (page) => {
    const known = new Set(wordsOf(sourceFiles.filter((file) => !file.startsWith('test/layout/'))));
    for (const { env, aliases = [], secret } of settings) {
      for (const name of [env, ...aliases, ...(secret === true ? [`${env}_FILE`] : [])]) {
        known.add(name);
      }
    }
    const named = codeOf(readText(page)).flatMap((code) => code.match(CONSTANT) ?? []);
    expect([...new Set(named)].filter((n) => !known.has(n) && !FOREIGN.test(n))).toEqual([]);
  });

  it.each(told)('%s: every default in a table is the one in the code', (page) => {
    const lib = /^libs\/([^/]+)\//.exec(page)?.[1];
    const wrong = tablesOf(readText(page))
      .flat()
      .filter((row) => 'default' in row)
      .map((row) => ({ row, problem: problemOfDefault(row, lib) }))
      .filter(({ problem }) => problem !== undefined);
    expect(wrong).toEqual([]);
  });
});

describe.each(libs())('libs/%s/README.md', (lib) => {
  const page = () => readText(`libs/${lib}/README.md`);

  it('lists exactly the error codes of the lib', () => {
    const section = sectionOf(page(), /errors/i) ?? '';
    const listed = codeOf(section).flatMap((code) => code.match(CONSTANT) ?? []);
    const codes = new Set(catalogue.flatMap(({ errors }) => errors.map((e) => e.definition.code)));
    expect([...new Set(listed)].filter((name) => codes.has(name)).sort()).toEqual(codesOf(lib));
  });

  it('lists exactly the metrics of the lib', () => {
    const section = sectionOf(page(), /metrics/i) ?? '';
    const listed = codeOf(section).flatMap((code) => code.match(METRIC) ?? []);
    expect([...new Set(listed)].sort()).toEqual(metricsOf(lib));
  });

  it('lists every variable that the lib reads', () => {
    const slices = entryOf(lib)?.slices ?? [];
    const variables = slices.flatMap(({ fields }) => Object.values(fields).map(({ env }) => env));
    const named = codeOf(page()).flatMap((code) => code.match(/\b[A-Z][A-Z0-9_]+\b/g) ?? []);
    expect(variables.filter((variable) => !named.includes(variable))).toEqual([]);
  });
});

function resolves(page: string, target: string): boolean {
  const [path = '', anchor] = decodeURI(target).split('#');
  const file = path === '' ? page : normalize(join(dirname(page), path));
  if (file.startsWith('..') || !existsSync(join(ROOT, file))) return false;
  if (anchor === undefined || statSync(join(ROOT, file)).isDirectory()) return true;
  return !file.endsWith('.md') || anchorsOf(readText(file)).has(anchor);
}

/** The metrics that a lib's code names in full, in quotes. */
function metricsOf(lib: string): readonly string[] {
  const files = sourceFiles.filter((file) => isProduct(file) && file.startsWith(`libs/${lib}/`));
  const literals = files.flatMap((file) => [
    ...readText(file).matchAll(/(?:name: |observe\()'((?:pipeline|metals|http)_[a-z0-9_]+)'/g),
  ]);
  return [...new Set(literals.map(([, name = '']) => name))].sort();
}

/** @returns undefined when the table tells the truth. */
function problemOfDefault(row: Readonly<Record<string, string>>, lib?: string): string | undefined {
  const cell = plain(row['default'] ?? '');
  const variable = plain(row['env'] ?? row['variable'] ?? '');
  const setting = settings.find(({ env }) => env === variable);
  if (setting !== undefined) {
    const fallback = setting.default;
    const texts = typeof fallback === 'object' ? Object.values(fallback) : [fallback ?? ''];
    const isTold = fallback === undefined ? isNothing(cell) : texts.every((t) => tells(cell, t));
    return isTold ? undefined : `the default of ${variable} is ${texts.join(' / ') || 'not set'}`;
  }
  if (/^[A-Z][A-Z0-9_]+$/.test(variable)) return `no setting reads ${variable}`;
  const option = plain(row['option'] ?? Object.values(row)[0] ?? '');
  const found = lib === undefined ? [] : defaultsOfOption(lib, option);
  if (found.some((value) => tells(cell, value))) return undefined;
  if (found.length > 0) return `the default is ${found.join(' or ')}`;
  return isNothing(cell) ? undefined : `no exported ...DEFAULTS of the lib has ${option}`;
}

/** Looks an option, also `a.b`, up in the frozen constants `...DEFAULTS` that a lib exports; two of them may have one name. */
function defaultsOfOption(lib: string, option: string): readonly string[] {
  const exported = entryOf(lib)?.exported ?? {};
  const constants = Object.entries(exported).filter(([name]) => name.endsWith('DEFAULTS'));
  return constants.flatMap(([, constant]) => {
    const value = option
      .split('.')
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], constant);
    if (value === undefined) return [];
    return [typeof value === 'string' ? value : JSON.stringify(value)];
  });
}

const plain = (cell: string) => cell.replace(/[`*']/g, '').trim();
const isNothing = (cell: string) => /^(|-|–|—|not set|none|required)$/.test(cell);
/** `10 000`, `10_000` and `10,000` are 10000; words around a value are allowed. */
function tells(cell: string, value: string): boolean {
  const joined = cell.replace(/(\d)[ _,](?=\d{3}\b)/g, '$1');
  return joined === value || joined.split(/[\s,;()]+/).includes(value) || isPhraseOf(joined, value);
}

function isPhraseOf(text: string, value: string): boolean {
  return /\s/.test(value) && ` ${text} `.includes(` ${value} `);
}
