// @ts-check
import { mkdirSync, readFileSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCa, makeLeaf } from './certificates.mjs';

/** The identities of a deployment; a folder each, with the file names of a cert-manager Secret. */
export const IDENTITIES = Object.freeze({
  'kafka-server': { kind: 'server', names: podNames('kafka') },
  'mongo-server': { kind: 'server', names: podNames('mongo') },
  'producer-server': { kind: 'server', names: podNames('producer') },
  producer: { kind: 'client', names: [] },
  processor: { kind: 'client', names: [] },
  'kafka-admin': { kind: 'client', names: [] },
});

/** @typedef {keyof typeof IDENTITIES} Identity */

/** What a client must refuse, or be refused with; a folder each, beside the identities. */
export const DEFECTS = Object.freeze(['expired', 'not-yet', 'wrong-host', 'other-ca']);

const HOUR = 60;
const CA_FILES = { root: 'root', issuing: 'issuing' };

/**
 * Makes, or renews, the certificates of a folder: root CA, issuing CA, leaves.
 *
 * A CA that is there is used again, so that leaves can be renewed; `newCa` makes another one beside
 * it, and `ca.crt` becomes the bundle of both: with it servers and clients are moved one by one.
 *
 * @param {{ dir: string, minutes?: number, only?: readonly Identity[], newCa?: boolean, defects?: boolean }} options - `minutes` of the leaves; default 90 days.
 * @returns {Promise<{ dir: string, ca: string, identities: readonly string[] }>}
 */
export async function makePki({ dir, minutes = 90 * 24 * HOUR, only, newCa, defects }) {
  mkdirSync(join(dir, 'ca'), { recursive: true, mode: 0o700 });
  const issuing = await authority(dir, { minutes, isNew: newCa === true });
  const names = only ?? /** @type {Identity[]} */ (Object.keys(IDENTITIES));
  for (const name of names) {
    const { kind, names: hosts } = IDENTITIES[name];
    const leaf = { name, kind: /** @type {'server' | 'client'} */ (kind), names: hosts };
    writeIdentity(dir, name, await makeLeaf({ ...leaf, minutes, signer: issuing }), issuing);
  }
  const made = defects ? await makeDefects(dir, minutes, issuing) : [];
  return { dir, ca: join(dir, 'ca.crt'), identities: [...names, ...made] };
}

/** @param {string} dir @param {{ minutes: number, isNew: boolean }} options */
async function authority(dir, { minutes, isNew }) {
  const known = readIssued(dir, CA_FILES.issuing);
  if (known && !isNew) return known;
  // Longer than its leaves, or they would end with it.
  const life = Math.max(minutes * 4, HOUR);
  const root = await makeCa({ name: `millrace root ${Date.now()}`, minutes: life });
  const issuing = await makeCa({ name: 'millrace issuing', minutes: life, signer: root });
  const before = existsSync(join(dir, 'ca.crt')) ? readFileSync(join(dir, 'ca.crt'), 'utf8') : '';
  writeIssued(dir, CA_FILES.root, root);
  writeIssued(dir, CA_FILES.issuing, issuing);
  replaceFile(join(dir, 'ca.crt'), root.certificate + before);
  return issuing;
}

/** @param {string} dir @param {number} minutes @param {import('./certificates.mjs').Issued} issuing */
async function makeDefects(dir, minutes, issuing) {
  const client = /** @type {const} */ ({ name: 'processor', kind: 'client', minutes });
  const other = await makeCa({ name: 'another root', minutes: minutes * 4 });
  const hour = HOUR * 60_000;
  const leaves = {
    expired: makeLeaf({ ...client, signer: issuing, minutes: 1, fromMs: Date.now() - hour }),
    'not-yet': makeLeaf({ ...client, signer: issuing, fromMs: Date.now() + hour }),
    'wrong-host': makeLeaf({
      ...{ name: 'elsewhere', kind: 'server', names: ['elsewhere.example'] },
      ...{ minutes, signer: issuing },
    }),
    'other-ca': makeLeaf({ ...client, signer: other }),
  };
  for (const [name, leaf] of Object.entries(leaves)) {
    writeIdentity(dir, name, await leaf, name === 'other-ca' ? other : issuing);
  }
  replaceFile(join(dir, 'other-ca', 'ca.crt'), other.certificate);
  return Object.keys(leaves);
}

/** `<name>`, its Service and each pod of it, as the manifests name them, and this machine. @param {string} name */
function podNames(name) {
  const domain = 'pipeline.svc.cluster.local';
  return [
    ...[name, `${name}.pipeline`, `${name}.${domain}`, `*.${name}-headless.${domain}`],
    ...['localhost', '127.0.0.1'],
  ];
}

/** @param {string} dir @param {string} name @param {import('./certificates.mjs').Issued} leaf @param {import('./certificates.mjs').Issued} signer */
function writeIdentity(dir, name, leaf, signer) {
  const folder = join(dir, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const chain = leaf.certificate + signer.certificate;
  replaceFile(join(folder, 'tls.key'), leaf.key, 0o600);
  replaceFile(join(folder, 'tls.crt'), chain);
  replaceFile(join(folder, 'tls-combined.pem'), leaf.key + chain, 0o600);
}

/** @param {string} dir @param {string} name @returns {import('./certificates.mjs').Issued | undefined} */
function readIssued(dir, name) {
  const path = join(dir, 'ca', `${name}.key`);
  if (!existsSync(path)) return undefined;
  const certificate = readFileSync(join(dir, 'ca', `${name}.crt`), 'utf8');
  return { certificate, key: readFileSync(path, 'utf8') };
}

/** @param {string} dir @param {string} name @param {import('./certificates.mjs').Issued} issued */
function writeIssued(dir, name, { certificate, key }) {
  replaceFile(join(dir, 'ca', `${name}.crt`), certificate);
  replaceFile(join(dir, 'ca', `${name}.key`), key, 0o600);
}

/** In one step: whoever watches never reads half of a file. @param {string} path @param {string} text @param {number} [mode] */
function replaceFile(path, text, mode = 0o644) {
  writeFileSync(`${path}.new`, text, { mode });
  renameSync(`${path}.new`, path);
}
