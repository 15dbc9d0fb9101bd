import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { publishedLibs } from '../../tools/docs/catalogue';
import { ROOT, apps, foldersOf, libs, manifest, projectFiles, readJson, readText } from './tree';

interface NestCli {
  readonly monorepo: boolean;
  readonly root: string;
  readonly sourceRoot: string;
  readonly compilerOptions: { readonly tsConfigPath: string };
  readonly projects: Readonly<
    Record<
      string,
      {
        readonly type: string;
        readonly root: string;
        readonly entryFile: string;
        readonly sourceRoot: string;
        readonly compilerOptions: { readonly tsConfigPath: string };
      }
    >
  >;
}

interface Tsconfig {
  readonly extends?: string;
  readonly include?: readonly string[];
  readonly compilerOptions: {
    readonly outDir?: string;
    readonly paths?: Readonly<Record<string, readonly string[]>>;
    readonly [option: string]: unknown;
  };
}

/** Words that say nothing, or another word than the glossary's; as whole parts of a name. */
const FORBIDDEN_WORDS = [
  ...['util', 'utils', 'common', 'helper', 'helpers', 'shared', 'manager', 'misc', 'dlq', 'ssl'],
  'impl',
];
/** Names that tools or customs dictate. */
const DICTATED_NAMES =
  /^(README|CONTRIBUTING|CHANGELOG|SECURITY|AGENTS)\.md$|^(LICENSE|Makefile|Dockerfile)$/;
const IGNORED_FOLDERS = new Set([
  'node_modules',
  '.git',
  'dist',
  'coverage',
  '.engines',
  'reports',
]);

describe('nest-cli.json', () => {
  const nestCli = readJson<NestCli>('nest-cli.json');

  it('has one project for each folder of apps, and no other', () => {
    expect(Object.keys(nestCli.projects).sort()).toEqual(apps());
    expect(apps().length).toBeGreaterThan(0);
  });

  it.each(Object.entries(nestCli.projects))(
    'project %s names files that exist',
    (name, project) => {
      expect(project).toMatchObject({
        type: 'application',
        root: `apps/${name}`,
        sourceRoot: `apps/${name}/src`,
        entryFile: `apps/${name}/src/main`,
        compilerOptions: { tsConfigPath: `apps/${name}/tsconfig.app.json` },
      });
      expect(existsSync(join(ROOT, `${project.entryFile}.ts`))).toBe(true);
      const tsconfig = readJson<Tsconfig>(project.compilerOptions.tsConfigPath);
      expect(tsconfig.extends).toBe('../../tsconfig.json');
      expect(tsconfig.compilerOptions.outDir).toBe(`../../dist/apps/${name}`);
      expect(tsconfig.include).toEqual(['src']);
    },
  );

  it('is a monorepo whose default project is one of its projects', () => {
    expect(nestCli.monorepo).toBe(true);
    expect(Object.values(nestCli.projects).map(({ root }) => root)).toContain(nestCli.root);
    expect(nestCli.sourceRoot).toBe(`${nestCli.root}/src`);
    expect(nestCli.compilerOptions.tsConfigPath).toBe(`${nestCli.root}/tsconfig.app.json`);
  });
});

describe('tsconfig.json', () => {
  const { compilerOptions } = readJson<Tsconfig>('tsconfig.json');

  it('has one alias for each lib, to its folder of sources, and no wildcard', () => {
    // With a file name Nest's builder would write `require('.../index.ts')` into the output.
    const aliases = libs().map((lib) => [`millrace/${lib}`, [`./libs/${lib}/src`]]);
    expect(compilerOptions.paths).toEqual(Object.fromEntries(aliases));
    expect(aliases.length).toBeGreaterThan(0);
  });

  it('keeps the strictness that the code is written for', () => {
    const { strict, noUncheckedIndexedAccess, noImplicitOverride } = compilerOptions;
    expect({ strict, noUncheckedIndexedAccess, noImplicitOverride }).toEqual({
      strict: true,
      noUncheckedIndexedAccess: true,
      noImplicitOverride: true,
    });
    const relaxed = Object.entries(compilerOptions).filter(
      ([option, value]) => option.startsWith('strict') && value === false,
    );
    expect(relaxed).toEqual([]);
  });
});

describe('package.json', () => {
  it('publishes one entry for each lib except events, and nothing deeper', () => {
    const entries = publishedLibs(ROOT).map((lib) => [
      `./${lib}`,
      {
        types: `./dist/package/libs/${lib}/src/index.d.ts`,
        default: `./dist/package/libs/${lib}/src/index.js`,
      },
    ]);
    expect(manifest().exports).toEqual({
      ...Object.fromEntries(entries),
      './package.json': './package.json',
    });
  });
});

describe.each(libs())('libs/%s', (lib) => {
  it('has a README that begins with its name', () => {
    expect(existsSync(join(ROOT, `libs/${lib}/README.md`))).toBe(true);
    expect(readText(`libs/${lib}/README.md`)).toMatch(new RegExp(`^# .*\\b${lib}\\b`, 'i'));
  });

  it('has an index of named exports and nothing else', () => {
    const path = `libs/${lib}/src/index.ts`;
    const file = ts.createSourceFile(path, readText(path), ts.ScriptTarget.Latest, true);
    const others = file.statements.filter(
      (statement) =>
        !ts.isExportDeclaration(statement) ||
        statement.exportClause === undefined ||
        !ts.isNamedExports(statement.exportClause) ||
        statement.exportClause.elements.some(({ name }) => name.text === 'default'),
    );
    expect(others.map((statement) => statement.getText())).toEqual([]);
    expect(file.statements.length).toBeGreaterThan(0);
  });

  it('has nothing but its README and its sources', () => {
    expect(readdirSync(join(ROOT, 'libs', lib)).sort()).toEqual(['README.md', 'src']);
  });
});

describe('names of files and folders', () => {
  const paths = projectFiles();

  it('hold no forbidden word', () => {
    const wordsOf = (path: string) => path.toLowerCase().split(/[^a-z0-9]+/);
    const offenders = paths.filter((path) =>
      wordsOf(path).some((word) => FORBIDDEN_WORDS.includes(word)),
    );
    expect(offenders).toEqual([]);
  });

  it('are kebab-case', () => {
    const isKebab = (part: string) => /^\.?[a-z0-9]+([.-][a-z0-9]+)*$/.test(part);
    const offenders = paths.filter((path) =>
      path.split('/').some((part) => !isKebab(part) && !DICTATED_NAMES.test(part)),
    );
    expect(offenders).toEqual([]);
  });

  it('show no empty folder', () => {
    const holdsFile = new Set(
      paths.flatMap((path) =>
        path
          .split('/')
          .slice(0, -1)
          .map((_, depth, all) => all.slice(0, depth + 1).join('/')),
      ),
    );
    expect(foldersBelow('.').filter((folder) => !holdsFile.has(folder))).toEqual([]);
  });
});

function foldersBelow(folder: string): readonly string[] {
  return foldersOf(folder)
    .filter((name) => !IGNORED_FOLDERS.has(name))
    .flatMap((name) => {
      const path = folder === '.' ? name : `${folder}/${name}`;
      return [path, ...foldersBelow(path)];
    });
}
