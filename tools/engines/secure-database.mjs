// @ts-check
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { databaseUri, startDatabase, stopDatabase } from './database.mjs';
import { EngineError } from './engine-error.mjs';
import { withMongoClient } from './mongo-client.mjs';
import { freePort } from './ports.mjs';

/**
 * Where a database is spoken to over mutual TLS; the password of each user lies beside its certificate.
 *
 * @typedef {{ uri: string, users: readonly string[] }} SecureMongo
 */

/** The one that makes users, and the one of the service: one database, as a deployment grants it. */
const ROLES = Object.freeze({
  'kafka-admin': [{ role: 'root', db: 'admin' }],
  processor: [{ role: 'readWrite', db: 'pipeline' }],
});

/**
 * Starts a database that nobody reaches without a certificate of the CA and a password.
 *
 * @param {Parameters<typeof startDatabase>[0] & { server: import('./database-server.mjs').DatabaseServer, material: import('./secure-material.mjs').SecureMaterial }} options
 * @returns {Promise<Awaited<ReturnType<typeof startDatabase>> & { secure: SecureMongo, adminUri: string }>}
 */
export async function startSecureDatabase({ material, ...options }) {
  const { certs } = material;
  if (options.server.family !== 'secantus') {
    throw new EngineError('mongod is not started with TLS here', {
      cause: 'a replica set of mongod with users needs a key file and further steps',
      fix: 'take mongod off PATH for this command, or name a database with TLS in MONGODB_URI',
    });
  }
  await makeUsersOnce(options, material);
  const leaf = join(certs, 'mongo-server');
  const database = await startDatabase({
    ...options,
    arguments: [
      ...['--auth', '--tls-cert-file', join(leaf, 'tls.crt'), '--tls-key-file'],
      ...[join(leaf, 'tls.key'), '--tls-ca-file', join(certs, 'ca.crt')],
      '--tls-require-client-cert',
    ],
  });
  const uri = `${databaseUri(database.port, options.server.replicaSet)}&authSource=admin`;
  const combined = join(certs, 'kafka-admin', 'tls-combined.pem');
  const files = { tlsCAFile: join(certs, 'ca.crt'), tlsCertificateKeyFile: combined };
  const words = new URLSearchParams({ tls: 'true', ...files });
  const adminUri = uri.replace('//', `//kafka-admin:${material.passwords['kafka-admin']}@`);
  return {
    ...database,
    secure: { uri, users: Object.keys(ROLES) },
    adminUri: `${adminUri}&${words.toString()}`,
  };
}

/**
 * The server has no exception for the first user, so they are made while it asks nobody; on a port
 * that nobody knows.
 *
 * @param {Parameters<typeof startDatabase>[0] & { server: import('./database-server.mjs').DatabaseServer }} options
 * @param {import('./secure-material.mjs').SecureMaterial} material
 */
async function makeUsersOnce(options, { passwords }) {
  const made = join(options.dir, 'users-made');
  if (existsSync(made)) return;
  const { uri } = await startDatabase({ ...options, port: await freePort() });
  await withMongoClient(uri, async (client) => {
    for (const [user, roles] of Object.entries(ROLES)) {
      await client.db('admin').command({ createUser: user, pwd: passwords[user], roles });
    }
  });
  await stopDatabase({ dir: options.dir });
  writeFileSync(made, '');
}
