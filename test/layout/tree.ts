import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The repository's root. */
export const ROOT = join(__dirname, '../..');

/** Every file that is committed or would be: what .gitignore names is left out. Sorted, relative. */
export function projectFiles(): readonly string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const listed = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 });
  const names = [...new Set(listed.split('\0'))].filter((name) => name !== '');
  return names.filter((name) => existsSync(join(ROOT, name))).sort();
}

export function readText(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** Reads JSON of a shape that the caller knows. */
export function readJson<T>(file: string): T {
  return JSON.parse(readText(file)) as T;
}

/** The names of the folders right below `folder`; none when it is not there. */
export function foldersOf(folder: string): readonly string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

export const libs = (): readonly string[] => foldersOf('libs');
export const apps = (): readonly string[] => foldersOf('apps');

/** The parts of package.json that the layout tests look at. */
export interface Manifest {
  readonly name: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

export const manifest = (): Manifest => readJson<Manifest>('package.json');
