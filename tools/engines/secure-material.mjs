// @ts-check
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Certificates of every identity, and passwords of those that have one.
 *
 * @typedef {{ certs: string, passwords: Readonly<Record<string, string>> }} SecureMaterial
 */

/** Identities with a password: at Kafka's SASL listener, at the database, or at both. */
const USERS = ['producer', 'processor', 'kafka-admin'];

/**
 * Makes what servers and clients prove themselves with; CA and passwords of a folder are kept.
 *
 * @param {string} dir - of the engines.
 * @returns {Promise<SecureMaterial>}
 */
export async function secureMaterial(dir) {
  const certs = join(dir, 'certs');
  // Installed with the project, and so not there before `npm ci`; only this needs it.
  const { makePki } = await import('../certs/pki.mjs');
  await makePki({ dir: certs, defects: true });
  return {
    certs,
    passwords: Object.fromEntries(USERS.map((name) => [name, passwordOf(certs, name)])),
  };
}

/** Made once per folder: the data of the servers knows it. @param {string} certs @param {string} name */
function passwordOf(certs, name) {
  const file = join(certs, name, 'password');
  if (!existsSync(file)) {
    writeFileSync(file, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  }
  return readFileSync(file, 'utf8').trim();
}
