export type { CertificateDetail } from './certificate.detail';
export { LiveTls } from './live.tls';
export type { LiveTlsOptions, TlsStatus } from './live.tls';
export { LiveCredentials } from './live.credentials';
export type { LiveCredentialsOptions } from './live.credentials';
export { TlsMetrics } from './tls.metrics';
export type { TlsFiles } from './tls.files';
export { tlsFields, tlsFilesOf, tlsFilesUnused } from './tls.settings';
export type { TlsFields } from './tls.settings';
export {
  TLS_ERRORS,
  TlsCaIsLeafError,
  TlsChainBrokenError,
  TlsExpiredError,
  TlsFileMissingError,
  TlsFileUnreadableError,
  TlsFilesIncompleteError,
  TlsKeyMismatchError,
} from './tls.errors';
export { HttpsMaterial, httpsOptionsOf } from './https.material';
export { httpsSettings } from './https.settings';
export type { HttpsFields, HttpsSettings } from './https.settings';
export { LiveFile } from './live.file';
export type { TlsServer } from './tls.material';
