const MASK = '[masked]';

/**
 * Copies an event with the fields at dotted paths masked; lists are gone through.
 *
 * Promise: a path that ends early masks what stands there, since it may hold the same data.
 */
export function maskFields(event: unknown, paths: readonly string[]): unknown {
  return paths.reduce((masked, path) => maskedAt(masked, path.split('.')), event);
}

function maskedAt(node: unknown, [name = '', ...deeper]: readonly string[]): unknown {
  if (Array.isArray(node)) return node.map((item) => maskedAt(item, [name, ...deeper]));
  if (typeof node !== 'object' || node === null || !Object.hasOwn(node, name)) return node;
  const fields = node as Readonly<Record<string, unknown>>;
  const value = fields[name];
  const isDeeper = deeper.length > 0 && typeof value === 'object' && value !== null;
  return { ...fields, [name]: isDeeper ? maskedAt(value, deeper) : MASK };
}
