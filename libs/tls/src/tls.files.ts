import { createHash } from 'node:crypto';
import { readMountedFile } from './mounted.file';

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
const TLS_FILE_KINDS = ['caFile', 'certificateFile', 'keyFile', 'passphraseFile'] as const;
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
  certificateFile: 'certificate',
  keyFile: 'private key',
  passphraseFile: 'passphrase file',
});

/**
 * Reads all files of an identity.
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
    const file = await readMountedFile(KIND_WORDS[kind], path);
    texts[kind] = file.text;
    hash.update(`${kind}\0${file.text}\0`);
    modifiedMs = Math.max(modifiedMs, file.modifiedMs);
  }
  return { texts, hash: hash.digest('hex'), modifiedMs };
}
