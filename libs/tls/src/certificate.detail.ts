import type { TlsStatus } from './live.tls';

/** What a health answer says of a certificate. */
export interface CertificateDetail {
  /** End of the certificate in use, ISO 8601; null = there is none of its own and no CA file. */
  readonly notAfter: string | null;
  /** Code of what is wrong with its files; null = they are in use. */
  readonly problem: string | null;
}

/** Words a status for health answers: no path and no serial number, which say more than a probe needs. */
export function certificateDetail({ notAfterMs, problem }: TlsStatus): CertificateDetail {
  return {
    notAfter: notAfterMs === null ? null : new Date(notAfterMs).toISOString(),
    problem: problem?.code ?? null,
  };
}
