import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CorpusFile } from 'millrace/contracts';
import type { Cli } from '../cli';
import { CliFileUnreadableError } from '../cli.errors';
import { PROJECT_DEFAULTS } from '../project';

/** Where the committed schemas and the golden corpus of a project are. */
export interface ContractFolders {
  readonly schemas: string;
  readonly corpus: string;
}

/** @throws {CliProjectMissingError} CLI_PROJECT_MISSING */
export function foldersOf(cli: Cli): ContractFolders {
  const { directory, schemas, corpus } = cli.requireProject();
  return {
    schemas: resolve(directory, schemas ?? PROJECT_DEFAULTS.schemas),
    corpus: resolve(directory, corpus ?? PROJECT_DEFAULTS.corpus),
  };
}

/** Reads committed schemas. @throws {CliFileUnreadableError} CLI_FILE_UNREADABLE */
export function committedIn(folder: string): (file: string) => string | null {
  return (file) => readOrNull(join(folder, file), (path) => readFileSync(path, 'utf8'));
}

/** Every file of the golden corpus, as the checks want them; none when there is no folder. */
export function corpusIn(folder: string): readonly CorpusFile[] {
  const entries = readOrNull(folder, (path) =>
    readdirSync(path, { recursive: true, withFileTypes: true }),
  );
  return (entries ?? [])
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({
      path: path.slice(folder.length + 1).replaceAll('\\', '/'),
      bytes: readFileSync(path),
    }));
}

function readOrNull<T>(path: string, read: (path: string) => T): T | null {
  try {
    return read(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new CliFileUnreadableError({ where: path, cause });
  }
}
