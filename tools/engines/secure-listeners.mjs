// @ts-check
import { join } from 'node:path';
import { freePort } from './ports.mjs';

/**
 * Where a broker is spoken to over TLS, and what a client needs for it.
 *
 * @typedef {{ certs: string, mutualTls: string, sasl: string }} SecureKafka
 *
 * @typedef {{ listeners: readonly import('./kafka-properties.mjs').Listener[], controllerProtocol: 'SSL', jvm: readonly string[], settings: Record<string, string | boolean>, users: Readonly<Record<string, string>>, secure: SecureKafka }} SecureShape
 */

const SCRAM = ['SCRAM-SHA-256', 'SCRAM-SHA-512'];
const SCRAM_LOGIN = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';

/** May do everything: the broker to itself, and who makes topics and grants. */
const SUPER_USERS = 'User:kafka-server;User:kafka-admin';

/**
 * Makes a broker that nobody reaches without TLS and that grants nothing by itself: mutual TLS, where
 * the common name of the client certificate is the principal, and SASL over TLS with SCRAM and PLAIN.
 *
 * @param {{ material: import('./secure-material.mjs').SecureMaterial, port: number, traceTls?: boolean | undefined }} broker - `traceTls`: its log shows each certificate.
 * @returns {Promise<SecureShape>}
 */
export async function secureListeners({ material, port, traceTls = false }) {
  const { certs, passwords: users } = material;
  const sasl = await freePort();
  const login = (/** @type {string} */ name) => `${name.toLowerCase()}.sasl.jaas.config`;
  const plainUsers = Object.entries(users).map(([name, word]) => `user_${name}="${word}"`);
  return {
    users,
    controllerProtocol: 'SSL',
    // What the server saw of a client is in no log of Kafka.
    jvm: traceTls ? ['-Djavax.net.debug=ssl:handshake'] : [],
    settings: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found': false,
      'super.users': SUPER_USERS,
      'listener.name.controller.ssl.client.auth': 'required',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': join(certs, 'kafka-server', 'tls-combined.pem'),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': join(certs, 'ca.crt'),
      'ssl.enabled.protocols': 'TLSv1.2,TLSv1.3',
      'ssl.principal.mapping.rules': 'RULE:^(?:.*,)?CN=([^,]+).*$/$1/,DEFAULT',
    },
    listeners: [
      {
        ...{ name: 'TLS', port, protocol: 'SSL' },
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
    secure: { certs, mutualTls: `127.0.0.1:${port}`, sasl: `127.0.0.1:${sasl}` },
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
