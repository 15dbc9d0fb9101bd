// @ts-check
import { requestJson } from './http.mjs';

/**
 * What the in-memory sink holds of a set of event ids; it lives in the apps' process, so it is asked over HTTP.
 *
 * `GET /in-memory/prices` answers `{ "ids": [...] }`: the event id of each stored document, twice if there are two.
 *
 * @template T
 * @param {string} url
 * @param {(stored: import('./stored-ids.mjs').StoredIds) => Promise<T>} work
 * @returns {Promise<T>}
 */
export function withInMemoryIds(url, work) {
  const compare = async (/** @type {readonly string[]} */ ids) => {
    /** @type {Map<string, number>} */
    const counts = new Map();
    const { ids: stored } = await requestJson(`${url}/in-memory/prices`);
    for (const id of stored) counts.set(id, (counts.get(id) ?? 0) + 1);
    const missing = ids.filter((id) => !counts.has(id));
    return { missing, twice: ids.filter((id) => (counts.get(id) ?? 0) > 1).length };
  };
  return work({ compare, missing: async (ids) => (await compare(ids)).missing });
}
