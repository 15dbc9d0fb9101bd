import { defineLints, defineSettings, flag } from 'millrace/config';
import type { SettingsOf } from 'millrace/config';
import { tlsFields, tlsFilesUnused } from './tls.settings';

const { tls, tlsCaFile, tlsCertificateFile, tlsKeyFile, tlsPassphraseFile } = tlsFields('HTTP');
const LIVE = 'PEM, read again every 10 s.';

const fields = {
  tls: { ...tls, description: 'Serves HTTPS, TLS 1.2 or newer, in place of HTTP.' },
  tlsClientRequired: {
    env: 'HTTP_TLS_CLIENT_REQUIRED',
    schema: flag,
    default: 'false',
    description:
      'Mutual TLS: only clients whose certificate a CA of HTTP_TLS_CA_FILE has signed; probes too.',
  },
  tlsCaFile: {
    ...tlsCaFile,
    description: `Certificates of the CAs that sign for clients; ${LIVE}`,
  },
  tlsCertificateFile: {
    ...tlsCertificateFile,
    description: `Certificate of this server with its chain; may hold the key too; ${LIVE}`,
  },
  tlsKeyFile: { ...tlsKeyFile, description: `Private key of this server; ${LIVE}` },
  tlsPassphraseFile,
} as const;

/** The fields of the slice `https`. */
export type HttpsFields = typeof fields;

/** Settings of HTTPS and mutual TLS for the HTTP server of a service. */
export const httpsSettings = defineSettings('https', fields, {
  lints: defineLints<HttpsFields>([
    tlsFilesUnused('HTTP'),
    {
      id: 'HTTP_TLS_CERTIFICATE_MISSING',
      severity: 'refuse',
      override: 'never',
      settings: ['HTTP_TLS_CERTIFICATE_FILE', 'HTTP_TLS'],
      danger: 'a server without a certificate can speak with nobody',
      fix: 'name the certificate of this server in HTTP_TLS_CERTIFICATE_FILE, and its key',
      check: (values) =>
        values.tls && values.tlsCertificateFile === undefined
          ? 'HTTPS is on, and no certificate is named'
          : null,
    },
    {
      id: 'HTTP_TLS_CLIENTS_UNCHECKED',
      severity: 'refuse',
      override: 'never',
      settings: ['HTTP_TLS_CLIENT_REQUIRED', 'HTTP_TLS_CA_FILE', 'HTTP_TLS'],
      danger:
        'without a CA of its own the service takes the certificate of any web site for a client',
      fix: 'set HTTP_TLS=true, and name the CA of the clients in HTTP_TLS_CA_FILE',
      check: (values) => {
        if (!values.tlsClientRequired) return null;
        if (!values.tls) return 'client certificates are required, and HTTP_TLS is false';
        return values.tlsCaFile === undefined
          ? 'client certificates are required, and no CA is named'
          : null;
      },
    },
  ]),
});

export type HttpsSettings = SettingsOf<typeof httpsSettings>;
