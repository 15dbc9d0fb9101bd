import { readFile, realpath, stat } from 'node:fs/promises';
import { TlsFileMissingError, TlsFileUnreadableError } from './tls.errors';

/** What a file held at one moment. */
export interface MountedFile {
  readonly text: string;
  /** Unit ms since the Unix epoch. */
  readonly modifiedMs: number;
}

/**
 * Reads a mounted file.
 *
 * Links are followed at each read: Kubernetes swaps the link of a whole folder, not the file.
 *
 * @param what - the file, for people; example `CA file`.
 * @throws {TlsFileMissingError} TLS_FILE_MISSING; retryable: no.
 * @throws {TlsFileUnreadableError} TLS_FILE_UNREADABLE; retryable: no.
 */
export async function readMountedFile(what: string, path: string): Promise<MountedFile> {
  try {
    const target = await realpath(path);
    const { mtimeMs } = await stat(target);
    return { text: await readFile(target, 'utf8'), modifiedMs: mtimeMs };
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    throw new (isMissing ? TlsFileMissingError : TlsFileUnreadableError)({
      message: `the ${what} ${path} ${isMissing ? 'does not exist' : `cannot be read (${code})`}`,
      where: path,
      cause,
    });
  }
}
