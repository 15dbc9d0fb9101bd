// @ts-check
// Reflect metadata first: the library's container asks for it when it is loaded.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const MINUTE_MS = 60_000;
/** Clocks of two machines differ. */
const BACKDATE_MS = 5 * MINUTE_MS;

x509.cryptoProvider.set(
  /** @type {Parameters<typeof x509.cryptoProvider.set>[0]} */ (/** @type {unknown} */ (webcrypto)),
);

/**
 * A certificate and its private key, PEM each; the key in PKCS#8, which Kafka wants.
 *
 * @typedef {{ certificate: string, key: string }} Issued
 *
 * @typedef {{ subject: string, fromMs: number, toMs: number }} Validity
 */

/**
 * Makes a CA: of itself, or signed by another one.
 *
 * @param {{ name: string, fromMs?: number, minutes: number, signer?: Issued }} ca
 * @returns {Promise<Issued>}
 */
export const makeCa = ({ name, fromMs, minutes, signer }) =>
  issue({
    subject: `CN=${name}, OU=millrace-test`,
    ...spanOf({ fromMs, minutes }),
    signer,
    extensions: [
      new x509.BasicConstraintsExtension(true, signer ? 0 : 1, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
    ],
  });

/**
 * Makes a leaf: a server with names, or a client whose common name is its principal.
 *
 * @param {{ name: string, kind: 'server' | 'client', names?: readonly string[], fromMs?: number, minutes: number, signer: Issued }} leaf
 * @returns {Promise<Issued>}
 */
export function makeLeaf({ name, kind, names = [], fromMs, minutes, signer }) {
  const usages =
    kind === 'client'
      ? [x509.ExtendedKeyUsage.clientAuth]
      : // Brokers and members of a replica set are clients of each other.
        [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth];
  return issue({
    subject: `CN=${name}, OU=${kind}s`,
    ...spanOf({ fromMs, minutes }),
    signer,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages),
      new x509.SubjectAlternativeNameExtension(
        (names.length > 0 ? names : [name]).map((value) => ({
          type: /** @type {'ip' | 'dns'} */ (/^[\d.]+$/.test(value) ? 'ip' : 'dns'),
          value,
        })),
      ),
    ],
  });
}

/** @param {{ fromMs?: number | undefined, minutes: number }} span */
const spanOf = ({ fromMs = Date.now() - BACKDATE_MS, minutes }) => ({
  fromMs,
  toMs: fromMs + BACKDATE_MS + minutes * MINUTE_MS,
});

/** @param {Validity & { signer?: Issued | undefined, extensions: x509.Extension[] }} wanted @returns {Promise<Issued>} */
async function issue({ subject, fromMs, toMs, signer, extensions }) {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const common = {
    // Positive, and never seen before.
    serialNumber: `01${Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex')}`,
    notBefore: new Date(fromMs),
    notAfter: new Date(toMs),
    signingAlgorithm: ALGORITHM,
    extensions: [...extensions, await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)],
  };
  const certificate = signer
    ? await x509.X509CertificateGenerator.create({
        ...common,
        subject,
        issuer: new x509.X509Certificate(signer.certificate).subject,
        publicKey: keys.publicKey,
        signingKey: await importKey(signer.key),
      })
    : await x509.X509CertificateGenerator.createSelfSigned({ ...common, name: subject, keys });
  const der = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`,
  };
}

/** @param {string} pem */
const importKey = (pem) =>
  webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), ALGORITHM, false, [
    'sign',
  ]);
