// @ts-check
// What package-lock.json says about the trees of users and of developers.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './npm.mjs';

/**
 * @typedef {object} LockedPackage
 * @property {string} path - of its folder; example `node_modules/a/node_modules/b`
 * @property {string} name
 * @property {string} version
 * @property {boolean} isProduction - installed by `npm ci --omit=dev`
 * @property {boolean} isInstalled - false for binaries of other platforms
 * @property {unknown} licence - as the package states it; undefined when it does not
 */

/** @param {string} path */
const readJson = (path) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));

/** @returns {string} */
export const packageName = () => readJson('package.json').name;

/** @returns {readonly LockedPackage[]} */
export function lockedPackages() {
  const { packages } = readJson('package-lock.json');
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, { version, dev, devOptional, license }]) => {
      const isInstalled = existsSync(join(ROOT, path, 'package.json'));
      return {
        path,
        name: path.split('node_modules/').pop() ?? path,
        version: String(version),
        isProduction: dev !== true && devOptional !== true,
        isInstalled,
        licence: license ?? (isInstalled ? licenceOf(readJson(`${path}/package.json`)) : undefined),
      };
    });
}

/** Old packages state it as an object or as a list of objects. @param {any} manifest */
function licenceOf({ license, licenses }) {
  const stated = license ?? licenses;
  const all = (Array.isArray(stated) ? stated : [stated]).map((one) => one?.type ?? one);
  return all.length === 1 ? all[0] : `(${all.join(' OR ')})`;
}
