// @ts-check
// Which licences packages may have. Pure: the packages come from the lock file.

/** Permissive ones that occur in what a user installs. */
export const PRODUCTION_LICENCES = [
  ...['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'Python-2.0'],
];

/** Besides these, in what only developers run: nothing of it is handed on. */
export const DEVELOPER_LICENCES = [
  ...PRODUCTION_LICENCES,
  ...['BlueOak-1.0.0', 'CC-BY-4.0', 'CC0-1.0', 'Unlicense'],
];

/**
 * True when one of the alternatives is allowed, or all that count together.
 *
 * @param {unknown} licence - SPDX, without nested parentheses
 * @param {readonly string[]} allowed
 */
export function isAllowed(licence, allowed) {
  if (typeof licence !== 'string') return false;
  const alternatives = licence.replace(/^\((.*)\)$/, '$1').split(/\s+OR\s+/);
  return alternatives.some((one) => one.split(/\s+AND\s+/).every((id) => allowed.includes(id)));
}

/**
 * @typedef {{ name: string, version: string, licence: string, isProduction: boolean }} Offender
 *
 * @param {readonly import('./lock-file.mjs').LockedPackage[]} packages
 * @returns {readonly Offender[]} packages whose licence is not on the list of their tree
 */
export function offendersOf(packages) {
  return packages
    .filter(({ isInstalled, licence }) => isInstalled || licence !== undefined)
    .filter(({ isProduction, licence }) => {
      return !isAllowed(licence, isProduction ? PRODUCTION_LICENCES : DEVELOPER_LICENCES);
    })
    .map(({ name, version, licence, isProduction }) => ({
      ...{ name, version, isProduction },
      licence: typeof licence === 'string' ? licence : 'none is stated',
    }));
}
