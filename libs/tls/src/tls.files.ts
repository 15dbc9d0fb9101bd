import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { TlsFileMissingError, TlsFileUnreadableError } from './tls.errors';

/** Where the material of one identity is; PEM each. */
export interface TlsFiles {
  /** Certificates of the CAs that sign for the other side; a bundle while a CA is exchanged. */
  readonly caFile?: string | undefined;
  /** The own certificate first, then those that signed it; may hold the private key too. */
  readonly certificateFile?: string | undefined;
  /** The private key; not needed when `certificateFile` holds it. */
  readonly keyFile?: string | undefined;
  /** Passphrase of an encrypted private key, in one line. */
  readonly passphraseFile?: string | undefined;
}

/** The names of {@link TlsFiles}; closed set. */
export const TLS_FILE_KINDS = ['caFile', 'certificateFile', 'keyFile', 'passphraseFile'] as const;
export type TlsFileKind = (typeof TLS_FILE_KINDS)[number];

/** What the files of an identity held at one moment. Never printed: one of them is a key. */
export interface TlsContents {
  readonly texts: Readonly<Partial<Record<TlsFileKind, string>>>;
  /** Changes when a byte of a file does. */
  readonly hash: string;
  /** Of the newest file; unit ms since the Unix epoch. */
  readonly modifiedMs: number;
}

/** Names of kinds for people. */
export const KIND_WORDS: Readonly<Record<TlsFileKind, string>> = Object.freeze({
  caFile: 'CA file',
  certificateFile: 'client certificate',
  keyFile: 'private key',
  passphraseFile: 'passphrase file',
});

/**
 * Reads all files of an identity.
 *
 * Links are followed at each read: Kubernetes swaps the link of a whole folder, not the file.
 *
 * @throws {TlsFileMissingError} TLS_FILE_MISSING; retryable: no.
 * @throws {TlsFileUnreadableError} TLS_FILE_UNREADABLE; retryable: no.
 */
export async function readTlsFiles(files: TlsFiles): Promise<TlsContents> {
  const hash = createHash('sha256');
  const texts: Partial<Record<TlsFileKind, string>> = {};
  let modifiedMs = 0;
  for (const kind of TLS_FILE_KINDS) {
    const path = files[kind];
    if (path === undefined) continue;
    const { text, mtimeMs } = await readOne(kind, path);
    texts[kind] = text;
    hash.update(`${kind}\0${text}\0`);
    modifiedMs = Math.max(modifiedMs, mtimeMs);
  }
  return { texts, hash: hash.digest('hex'), modifiedMs };
}

async function readOne(
  kind: TlsFileKind,
  path: string,
): Promise<{ readonly text: string; readonly mtimeMs: number }> {
  try {
    const target = await realpath(path);
    const { mtimeMs } = await stat(target);
    return { text: await readFile(target, 'utf8'), mtimeMs };
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    throw new (isMissing ? TlsFileMissingError : TlsFileUnreadableError)({
      message: `the ${KIND_WORDS[kind]} ${path} ${isMissing ? 'does not exist' : `cannot be read (${code})`}`,
      where: path,
      cause,
    });
  }
}
