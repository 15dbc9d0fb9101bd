// @ts-check
// What the answer of `npm audit --json` means. Pure: the texts come from outside.
import { jsonOf } from './npm.mjs';

/** From this severity on the command fails. */
export const REFUSED = ['high', 'critical'];

/**
 * @typedef {object} Advisory
 * @property {string} name - of the package
 * @property {string} severity
 * @property {string} range - versions that have it
 * @property {readonly string[]} titles - empty where it only depends on another one that is listed
 */

/**
 * @typedef {{ available: false, reason: string }
 *   | { available: true, counts: Readonly<Record<string, number>>, refused: readonly Advisory[] }} Audit
 */

/**
 * Reads what `npm audit --json` wrote. An answer that is no report is not taken for a clean one.
 *
 * @param {{ readonly stdout: string, readonly stderr: string, readonly code: number }} answer
 * @returns {Audit}
 */
export function auditOf({ stdout, stderr, code }) {
  const report = /** @type {any} */ (jsonOf(stdout));
  const counts = report?.metadata?.vulnerabilities;
  if (typeof counts !== 'object' || counts === null) {
    return { available: false, reason: reasonOf(report, stderr, code) };
  }
  const found = Object.values(/** @type {Record<string, any>} */ (report.vulnerabilities ?? {}));
  const refused = found.filter(({ severity }) => REFUSED.includes(severity)).map(advisoryOf);
  return { available: true, counts, refused: refused.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** @param {any} found @returns {Advisory} */
function advisoryOf({ name, severity, range, via = [] }) {
  const titles = via.filter((/** @type {unknown} */ it) => typeof it === 'object');
  return { name, severity, range, titles: titles.map((/** @type {any} */ { title }) => title) };
}

/** Without addresses: a registry may be private. @param {any} report @param {string} stderr @param {number} code */
function reasonOf(report, stderr, code) {
  if (code === 124) return 'the registry did not answer in time';
  const status = report?.statusCode ?? /\b([45]\d\d) [A-Z]/.exec(stderr)?.[1];
  if (status !== undefined) return `the registry answered with ${status}`;
  return 'the registry could not be asked';
}

/**
 * Reads what `npm audit signatures --json` wrote.
 *
 * @param {{ readonly stdout: string, readonly code: number }} answer
 * @returns {{ available: boolean, invalid: readonly string[], missing: readonly string[] }}
 */
export function signaturesOf({ stdout }) {
  const report = /** @type {any} */ (jsonOf(stdout));
  const isReport = Array.isArray(report?.invalid) && Array.isArray(report?.missing);
  const names = (/** @type {any[]} */ list) =>
    list.map(({ name, version }) => `${name}@${version}`);
  if (!isReport) return { available: false, invalid: [], missing: [] };
  return { available: true, invalid: names(report.invalid), missing: names(report.missing) };
}
