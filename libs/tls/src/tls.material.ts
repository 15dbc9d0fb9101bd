import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { SecureContext, SecureContextOptions, Server } from 'node:tls';
import { pemParts } from './pem';
import {
  TlsCaIsLeafError,
  TlsChainBrokenError,
  TlsExpiredError,
  TlsFileUnreadableError,
  TlsFilesIncompleteError,
  TlsKeyMismatchError,
} from './tls.errors';
import type { TlsContents, TlsFileKind, TlsFiles } from './tls.files';
import { KIND_WORDS } from './tls.files';

/** Nothing older is spoken, whatever the other side offers. */
export const TLS_MIN_VERSION = 'TLSv1.2';

/** What may be told about a certificate. */
export interface CertificateFacts {
  /** Subject in one line; example `CN=processor, OU=clients`. */
  readonly subject: string;
  readonly serialNumber: string;
  /** Unit ms since the Unix epoch. */
  readonly notAfterMs: number;
}

/** A server that can be given other material while it runs; one of `node:https` too. */
export type TlsServer = Pick<Server, 'setSecureContext'>;

/** Checked material of one identity: ready for `tls.connect` and `tls.createServer`. */
export interface TlsMaterial {
  /** Holds CA, certificate and key; the texts are in no field. */
  readonly context: SecureContext;
  /** Lets a server use it from the next handshake on. */
  readonly applyTo: (server: TlsServer) => void;
  /** The own certificate; null without one. */
  readonly certificate: CertificateFacts | null;
  /** The CA certificate that ends first; null = those of Node.js. */
  readonly ca: CertificateFacts | null;
  /** Of the contents that it was made from. */
  readonly hash: string;
}

/**
 * Checks what the files of an identity hold, and makes material of it.
 *
 * @param nowMs - wall clock; unit ms since the Unix epoch.
 * @throws {TlsFilesIncompleteError} TLS_FILES_INCOMPLETE
 * @throws {TlsFileUnreadableError} TLS_FILE_UNREADABLE
 * @throws {TlsCaIsLeafError} TLS_CA_IS_LEAF
 * @throws {TlsChainBrokenError} TLS_CHAIN_BROKEN
 * @throws {TlsKeyMismatchError} TLS_KEY_MISMATCH
 * @throws {TlsExpiredError} TLS_EXPIRED. None of them is retryable, and each names the file.
 */
export function tlsMaterial(files: TlsFiles, contents: TlsContents, nowMs: number): TlsMaterial {
  const { texts, hash } = contents;
  const authorities = texts.caFile === undefined ? [] : authoritiesOf(files, texts.caFile, nowMs);
  const own = texts.certificateFile === undefined ? null : chainOf(files, texts, nowMs);
  if (own === null && texts.keyFile !== undefined) {
    throw new TlsFilesIncompleteError({
      message: `the private key ${files.keyFile} has no certificate beside it`,
      where: files.keyFile ?? '',
    });
  }
  const options: SecureContextOptions = {
    minVersion: TLS_MIN_VERSION,
    ...(texts.caFile === undefined ? {} : { ca: pemParts(texts.caFile).certificates.join('\n') }),
    ...(own === null ? {} : { cert: own.pem, key: own.key }),
  };
  const applyTo = (server: TlsServer) => server.setSecureContext(options);
  const [first = null] = authorities.sort((one, two) => one.notAfterMs - two.notAfterMs);
  const context = createSecureContext(options);
  return { context, applyTo, certificate: own?.facts ?? null, ca: first, hash };
}

function authoritiesOf(files: TlsFiles, text: string, nowMs: number): CertificateFacts[] {
  const certificates = certificatesIn('caFile', files, text);
  for (const certificate of certificates) {
    if (certificate.ca) continue;
    throw new TlsCaIsLeafError({
      message: `the CA file ${files.caFile} holds ${subjectOf(certificate)}, which is no CA`,
      where: files.caFile ?? '',
    });
  }
  // While a CA is exchanged the bundle may still hold one that has ended; one must be valid.
  const valid = certificates.filter((certificate) => flawInTime(certificate, nowMs) === null);
  if (valid.length === 0) refuseTime('caFile', files, certificates[0] as X509Certificate, nowMs);
  return valid.map(factsOf);
}

function chainOf(
  files: TlsFiles,
  texts: TlsContents['texts'],
  nowMs: number,
): { readonly pem: string; readonly key: string; readonly facts: CertificateFacts } {
  const text = texts.certificateFile ?? '';
  const certificates = certificatesIn('certificateFile', files, text);
  for (const certificate of certificates) refuseTime('certificateFile', files, certificate, nowMs);
  const [own] = certificates as [X509Certificate];
  certificates.slice(1).reduce((signed, signer) => {
    if (signed.checkIssued(signer) && signed.verify(signer.publicKey)) return signer;
    throw new TlsChainBrokenError({
      message: `in ${files.certificateFile} ${subjectOf(signed)} was not signed by ${subjectOf(signer)}`,
      where: files.certificateFile ?? '',
    });
  }, own);
  const key = keyOf(files, texts);
  if (!own.checkPrivateKey(key)) {
    throw new TlsKeyMismatchError({
      message: `the private key ${files.keyFile ?? files.certificateFile} does not belong to ${subjectOf(own)} in ${files.certificateFile}`,
      where: files.keyFile ?? files.certificateFile ?? '',
    });
  }
  return {
    pem: pemParts(text).certificates.join('\n'),
    key: key.export({ type: 'pkcs8', format: 'pem' }) as string,
    facts: factsOf(own),
  };
}

/** Of the file of the key, or of the certificate when that holds both. */
function keyOf(files: TlsFiles, texts: TlsContents['texts']): KeyObject {
  const kind = texts.keyFile === undefined ? 'certificateFile' : 'keyFile';
  const [pem] = pemParts(texts[kind] ?? '').keys;
  if (pem === undefined) {
    if (kind === 'keyFile') throw unusable('keyFile', files, 'holds no private key in PEM');
    throw new TlsFilesIncompleteError({
      message: `the certificate ${files.certificateFile} holds no private key, and no key file is named`,
      where: files.certificateFile ?? '',
    });
  }
  const passphrase = texts.passphraseFile?.replace(/\r?\n$/, '');
  try {
    return createPrivateKey({
      key: pem,
      format: 'pem',
      ...(passphrase === undefined ? {} : { passphrase }),
    });
  } catch {
    // The cause of the driver may quote the file.
    const isLocked = pem.includes('ENCRYPTED');
    const reason = isLocked
      ? 'holds an encrypted key that the passphrase does not open'
      : 'holds a private key that cannot be parsed';
    throw unusable(kind, files, reason);
  }
}

function certificatesIn(
  kind: 'caFile' | 'certificateFile',
  files: TlsFiles,
  text: string,
): X509Certificate[] {
  const { certificates } = pemParts(text);
  if (certificates.length === 0) throw unusable(kind, files, 'holds no certificate in PEM');
  try {
    return certificates.map((pem) => new X509Certificate(pem));
  } catch {
    throw unusable(kind, files, 'holds a certificate that cannot be parsed');
  }
}

function unusable(kind: TlsFileKind, files: TlsFiles, reason: string): TlsFileUnreadableError {
  return new TlsFileUnreadableError({
    message: `the ${KIND_WORDS[kind]} ${files[kind]} ${reason}`,
    where: files[kind] ?? '',
  });
}

function refuseTime(
  kind: TlsFileKind,
  files: TlsFiles,
  certificate: X509Certificate,
  nowMs: number,
): void {
  const flaw = flawInTime(certificate, nowMs);
  if (flaw === null) return;
  throw new TlsExpiredError({
    message: `${subjectOf(certificate)} in the ${KIND_WORDS[kind]} ${files[kind]} ${flaw}`,
    where: files[kind] ?? '',
  });
}

function flawInTime({ validFrom, validTo }: X509Certificate, nowMs: number): string | null {
  if (nowMs > Date.parse(validTo)) return `ended at ${new Date(validTo).toISOString()}`;
  if (nowMs < Date.parse(validFrom)) return `begins at ${new Date(validFrom).toISOString()}`;
  return null;
}

function factsOf(certificate: X509Certificate): CertificateFacts {
  return {
    subject: subjectOf(certificate),
    serialNumber: certificate.serialNumber,
    notAfterMs: Date.parse(certificate.validTo),
  };
}

function subjectOf({ subject }: X509Certificate): string {
  return subject.split('\n').join(', ');
}
