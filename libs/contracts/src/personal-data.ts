/** Stands in place of personal data. */
const MASK = '[masked]';

/**
 * Copies an event with its personal data masked; lists are gone through.
 *
 * Promise: a path that ends early masks what stands there, since it may hold the same data.
 *
 * @param paths - of `personalData`; example `customer.email`.
 * @returns the copy, and the paths at which something was.
 */
export function maskPersonalData(
  event: unknown,
  paths: readonly string[],
): { readonly event: unknown; readonly masked: readonly string[] } {
  const masked: string[] = [];
  let current = event;
  for (const path of paths) {
    const next = maskedAt(current, path.split('.'));
    if (next !== current) masked.push(path);
    current = next;
  }
  return { event: current, masked };
}

/** @returns the node itself when nothing stands there. */
function maskedAt(node: unknown, [name = '', ...deeper]: readonly string[]): unknown {
  if (Array.isArray(node)) {
    const items = node.map((item) => maskedAt(item, [name, ...deeper]));
    return items.some((item, index) => item !== node[index]) ? items : node;
  }
  if (typeof node !== 'object' || node === null || !Object.hasOwn(node, name)) return node;
  const fields = node as Readonly<Record<string, unknown>>;
  const value = fields[name];
  if (deeper.length === 0 || typeof value !== 'object' || value === null) {
    return { ...fields, [name]: MASK };
  }
  const masked = maskedAt(value, deeper);
  return masked === value ? node : { ...fields, [name]: masked };
}
