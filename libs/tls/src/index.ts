export { LIVE_TLS_DEFAULTS, LiveTls } from './live.tls';
export type { LiveTlsOptions, TlsStatus } from './live.tls';
export { TlsMetrics } from './tls.metrics';
export { TLS_FILE_KINDS, readTlsFiles } from './tls.files';
export type { TlsContents, TlsFileKind, TlsFiles } from './tls.files';
export { TLS_MIN_VERSION, tlsMaterial } from './tls.material';
export type { CertificateFacts, TlsMaterial } from './tls.material';
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
export { tlsFields, tlsFilesOf } from './tls.settings';
export type { TlsFields } from './tls.settings';
export { LiveSecret } from './live.secret';
