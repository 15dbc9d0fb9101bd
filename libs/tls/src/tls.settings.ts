import { flag, text } from 'millrace/config';
import type { Lint, Setting } from 'millrace/config';
import type { TlsFiles } from './tls.files';

const optionalText = text.optional();

/** Settings of {@link tlsFields}. */
export type TlsFields = Readonly<{
  tls: Setting & { readonly schema: typeof flag };
  tlsCaFile: Setting & { readonly schema: typeof optionalText };
  tlsCertificateFile: Setting & { readonly schema: typeof optionalText };
  tlsKeyFile: Setting & { readonly schema: typeof optionalText };
  tlsPassphraseFile: Setting & { readonly schema: typeof optionalText };
}>;

/**
 * The settings of TLS for one server.
 *
 * @param prefix - of the variables; example `KAFKA`: `KAFKA_TLS`, `KAFKA_TLS_CA_FILE`.
 */
export function tlsFields<P extends string>(prefix: P): TlsFields {
  const file = (name: string, description: string) => ({
    env: `${prefix}_TLS_${name}_FILE`,
    schema: optionalText,
    description: `${description}; PEM, read again every 10 s.`,
    takesEffect: 'live' as const,
  });
  return {
    tls: {
      env: `${prefix}_TLS`,
      schema: flag,
      default: 'false',
      description: 'Speaks TLS, 1.2 or newer; the certificate of the server is always checked.',
    },
    tlsCaFile: file(
      'CA',
      'Certificates of the CAs that sign for the server; default those of Node.js',
    ),
    tlsCertificateFile: file(
      'CERTIFICATE',
      'Client certificate with its chain; may hold the key too',
    ),
    tlsKeyFile: file('KEY', 'Private key of the client certificate'),
    tlsPassphraseFile: {
      ...file('PASSPHRASE', ''),
      description:
        'File with the passphrase of the private key, in one line; read again every 10 s.',
    },
  };
}

/** The files that are named. */
export function tlsFilesOf(values: {
  readonly tlsCaFile?: string | undefined;
  readonly tlsCertificateFile?: string | undefined;
  readonly tlsKeyFile?: string | undefined;
  readonly tlsPassphraseFile?: string | undefined;
}): TlsFiles {
  const { tlsCaFile, tlsCertificateFile, tlsKeyFile, tlsPassphraseFile } = values;
  return {
    ...(tlsCaFile === undefined ? {} : { caFile: tlsCaFile }),
    ...(tlsCertificateFile === undefined ? {} : { certificateFile: tlsCertificateFile }),
    ...(tlsKeyFile === undefined ? {} : { keyFile: tlsKeyFile }),
    ...(tlsPassphraseFile === undefined ? {} : { passphraseFile: tlsPassphraseFile }),
  };
}

/** Refuses files that are named while TLS is off. @param prefix - as that of {@link tlsFields}. */
export function tlsFilesUnused(prefix: string): Lint<TlsFields> {
  return {
    id: `${prefix}_TLS_FILES_UNUSED`,
    severity: 'refuse',
    settings: [`${prefix}_TLS`, `${prefix}_TLS_CA_FILE`, `${prefix}_TLS_CERTIFICATE_FILE`],
    danger: 'certificates are mounted, and nothing is encrypted with them',
    fix: `set ${prefix}_TLS=true, or remove the files`,
    check: (values) => {
      if (values.tls || Object.keys(tlsFilesOf(values)).length === 0) return null;
      return `files for TLS are named, and ${prefix}_TLS is false`;
    },
  };
}
