import { defineError } from 'millrace/errors';

/** Says that a file of certificates or a key is not there. */
export class TlsFileMissingError extends defineError({
  code: 'TLS_FILE_MISSING',
  failure: 'fatal',
  summary: 'a file of the TLS material does not exist',
  likelyCause: 'the volume is not mounted, or the variable names another path',
  fix: 'mount the file, or correct the variable that ends in _FILE',
}) {}

/** Says that a file is there and cannot be used: rights, format, passphrase. */
export class TlsFileUnreadableError extends defineError({
  code: 'TLS_FILE_UNREADABLE',
  failure: 'fatal',
  summary: 'a file of the TLS material cannot be used',
  likelyCause: 'it is no PEM, it is half written, its passphrase is wrong, or its rights forbid it',
  fix: 'give a PEM file that this process may read: openssl x509 -in <file> -noout -text, openssl pkey -in <file> -noout',
}) {}

/** Says that a private key belongs to another certificate. */
export class TlsKeyMismatchError extends defineError({
  code: 'TLS_KEY_MISMATCH',
  failure: 'fatal',
  summary: 'the private key does not belong to the certificate',
  likelyCause: 'one of the two files is of an earlier renewal, or of another identity',
  fix: 'mount both files from the same Secret',
}) {}

/** Says that a certificate is not valid now. */
export class TlsExpiredError extends defineError({
  code: 'TLS_EXPIRED',
  failure: 'fatal',
  summary: 'a certificate is not valid at this time',
  likelyCause: 'it was not renewed in time, or the clock of this machine is wrong',
  fix: 'renew it: openssl x509 -in <file> -noout -dates',
}) {}

/** Says that a CA file holds a certificate that may not sign others. */
export class TlsCaIsLeafError extends defineError({
  code: 'TLS_CA_IS_LEAF',
  failure: 'fatal',
  summary: 'the CA file holds a certificate that is no CA',
  likelyCause: 'the certificate of a server was put in the place of the one that signed it',
  fix: 'give the certificate with CA:TRUE that signed those of the servers, or a bundle of them',
}) {}

/** Says that a certificate file holds a chain whose links do not fit. */
export class TlsChainBrokenError extends defineError({
  code: 'TLS_CHAIN_BROKEN',
  failure: 'fatal',
  summary: 'a certificate of the chain was not signed by the next one',
  likelyCause: 'the intermediate certificate is missing, or the order is wrong',
  fix: 'put the own certificate first, then each certificate that signed the one before it',
}) {}

/** Says that files are named that do not make an identity. */
export class TlsFilesIncompleteError extends defineError({
  code: 'TLS_FILES_INCOMPLETE',
  failure: 'fatal',
  summary: 'the named files do not make an identity',
  likelyCause: 'a certificate is named without a key, or a key without a certificate',
  fix: 'name both, or one file that holds the key and the certificate',
}) {}

/** Every error class of this lib, for the catalogue. */
export const TLS_ERRORS = [
  TlsFileMissingError,
  TlsFileUnreadableError,
  TlsFilesIncompleteError,
  TlsKeyMismatchError,
  TlsExpiredError,
  TlsCaIsLeafError,
  TlsChainBrokenError,
] as const;
