// @ts-check
import { identify, isSameProcess } from './process-identity.mjs';

/**
 * Decides who stops the servers at the end.
 *
 * A command owns what it started itself and what an owner left behind that is gone; it never owns what
 * `npm run engines -- up` started, or what another living command owns.
 *
 * @param {{ owned: boolean, fresh: readonly string[], names: readonly string[], earlier?: { owner?: string }, me?: string, isAlive?: (owner: string) => boolean }} facts -
 *   `names` all servers of the folder, `fresh` those that were started just now.
 * @returns {string | undefined} the owner; undefined when they stay until `engines down`.
 */
export function resolveOwner({
  owned,
  fresh,
  names,
  earlier,
  me = identify(process.pid),
  isAlive = isSameProcess,
}) {
  if (!owned) return undefined;
  const isNew = earlier === undefined || names.every((name) => fresh.includes(name));
  if (isNew) return me;
  const isLeftBehind = earlier.owner !== undefined && !isAlive(earlier.owner);
  return isLeftBehind ? me : earlier.owner;
}
