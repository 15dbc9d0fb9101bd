// @ts-check
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './ports.mjs';

/**
 * Where a broker is spoken to over TLS, and what a client needs for it.
 *
 * @typedef {{ certs: string, mutualTls: string, sasl: string }} SecureKafka
 *
 * @typedef {{ listeners: readonly import('./kafka-properties.mjs').Listener[], settings: Record<string, string>, users: Readonly<Record<string, string>>, secure: SecureKafka }} SecureShape
 */

/** Users of the SASL listener; the password of each lies beside its certificate. */
const USERS = ['producer', 'processor'];
const SCRAM = ['SCRAM-SHA-256', 'SCRAM-SHA-512'];
const SCRAM_LOGIN = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';

/**
 * Gives a broker two more addresses: mutual TLS, where the common name of the client certificate is
 * the principal, and SASL over TLS with SCRAM and PLAIN. The plain one stays, for the tools.
 *
 * @param {{ dir: string, port: number }} broker - `dir`: where certificates are made, or found.
 * @returns {Promise<SecureShape>}
 */
export async function secureListeners({ dir, port }) {
  const certs = join(dir, 'certs');
  // Installed with the project, and so not there before `npm ci`; only this needs it.
  const { makePki } = await import('../certs/pki.mjs');
  await makePki({ dir: certs, defects: true });
  const users = Object.fromEntries(USERS.map((name) => [name, passwordOf(certs, name)]));
  const [mutualTls, sasl] = await Promise.all([freePort(), freePort()]);
  const login = (/** @type {string} */ name) => `${name.toLowerCase()}.sasl.jaas.config`;
  const plainUsers = Object.entries(users).map(([name, word]) => `user_${name}="${word}"`);
  return {
    users,
    settings: {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': join(certs, 'kafka-server', 'tls-combined.pem'),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': join(certs, 'ca.crt'),
      'ssl.enabled.protocols': 'TLSv1.2,TLSv1.3',
      'ssl.principal.mapping.rules': 'RULE:^CN=([^,]+).*$/$1/,DEFAULT',
    },
    listeners: [
      { name: 'PLAINTEXT', port, protocol: 'PLAINTEXT' },
      {
        ...{ name: 'TLS', port: mutualTls, protocol: 'SSL' },
        settings: { 'ssl.client.auth': 'required' },
      },
      {
        ...{ name: 'SASL', port: sasl, protocol: 'SASL_SSL' },
        settings: {
          'sasl.enabled.mechanisms': [...SCRAM, 'PLAIN'].join(','),
          ...Object.fromEntries(SCRAM.map((name) => [login(name), SCRAM_LOGIN])),
          [login('PLAIN')]:
            `org.apache.kafka.common.security.plain.PlainLoginModule required ${plainUsers.join(' ')};`,
        },
      },
    ],
    secure: { certs, mutualTls: `127.0.0.1:${mutualTls}`, sasl: `127.0.0.1:${sasl}` },
  };
}

/** Arguments of the formatter that make the users known to SCRAM. @param {Readonly<Record<string, string>>} users */
export const scramArguments = (users) =>
  Object.entries(users).flatMap(([name, password]) =>
    SCRAM.flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${name},password=${password}]`,
    ]),
  );

/** Made once per folder: the data of the broker knows it. @param {string} certs @param {string} name */
function passwordOf(certs, name) {
  const file = join(certs, name, 'password');
  if (!existsSync(file)) {
    writeFileSync(file, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  }
  return readFileSync(file, 'utf8').trim();
}
