import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SourceFileUnknownError } from '../../producer.errors';
import { csvEntries } from './csv.rows';
import { ndjsonEntries } from './ndjson.rows';
import { inChunks } from './source';
import type { Source, SourceEntry } from './source';

/** Endings of files that can be replayed; closed set. */
export const FILE_ENDINGS = ['.csv', '.ndjson'] as const;
export type FileEnding = (typeof FILE_ENDINGS)[number];

/** Replays a file of the data directory, row by row, as fast as it is published. */
export class FileSource implements Source {
  constructor(
    readonly name: string,
    private readonly path: string,
    private readonly ending: FileEnding,
  ) {}

  async *chunks(signal: AbortSignal): AsyncIterable<readonly SourceEntry[]> {
    const input = createReadStream(this.path, { encoding: 'utf8' });
    // Opened for good before readline listens: its own iterator never tells about a missing file.
    await new Promise((resolve, reject) => input.once('open', resolve).once('error', reject));
    const lines = createInterface({ input, crlfDelay: Infinity });
    const rows = this.ending === '.csv' ? csvEntries : ndjsonEntries;
    try {
      for await (const chunk of inChunks(rows(this.name, lines))) {
        if (signal.aborted) return;
        yield chunk;
      }
    } finally {
      lines.close();
      input.destroy();
    }
  }
}

/**
 * Finds a file by name in the data directory.
 *
 * The name is compared with the names that are there and never becomes part of a path by itself.
 *
 * @param directory - DATA_DIRECTORY.
 * @param name - without ending; example `gold-monthly`.
 * @throws {SourceFileUnknownError} SOURCE_FILE_UNKNOWN
 */
export async function findFile(directory: string, name: string): Promise<FileSource> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const ending of FILE_ENDINGS) {
    const found = entries.find((entry) => entry.isFile() && entry.name === `${name}${ending}`);
    if (found !== undefined) return new FileSource(name, join(directory, found.name), ending);
  }
  throw new SourceFileUnknownError({ where: 'DATA_DIRECTORY' });
}
