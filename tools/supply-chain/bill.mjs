// @ts-check
// The part of a bill of materials that a user installs. Pure.

/**
 * Keeps the packages of the production tree, and what they depend on among them.
 *
 * @param {any} bill - CycloneDX as npm writes it for the whole tree
 * @param {readonly import('./lock-file.mjs').LockedPackage[]} packages
 * @param {string} name - of the project: npm takes the folder, which is whatever the checkout is called
 * @returns {any} null when it is no bill, or when a package of the tree is not in it
 */
export function productionBill(bill, packages, name) {
  if (bill?.bomFormat !== 'CycloneDX') return null;
  const refOf = (/** @type {{ name: string, version: string }} */ it) => `${it.name}@${it.version}`;
  const wanted = new Set(packages.filter((it) => it.isProduction && it.isInstalled).map(refOf));
  const components = bill.components.filter((/** @type {any} */ it) => wanted.has(refOf(it)));
  const kept = new Set(components.map(refOf));
  if ([...wanted].some((ref) => !kept.has(ref))) return null;
  const refs = new Set([
    bill.metadata.component['bom-ref'],
    ...components.map((/** @type {any} */ it) => it['bom-ref']),
  ]);
  const dependencies = bill.dependencies
    .filter((/** @type {any} */ { ref }) => refs.has(ref))
    .map((/** @type {any} */ { ref, dependsOn = [] }) => ({
      ref,
      dependsOn: dependsOn.filter((/** @type {string} */ other) => refs.has(other)),
    }));
  const component = { ...bill.metadata.component, name };
  return { ...bill, metadata: { ...bill.metadata, component }, components, dependencies };
}
