// @ts-check
import { withMongoClient } from '../engines/mongo-client.mjs';

const CHUNK = 1000;
const COLLECTION = 'prices';

/**
 * What the database holds of a set of event ids, asked of the database itself and not of the app that wrote it.
 *
 * @typedef {{ missing: readonly string[], twice: number }} Comparison
 * @typedef {{ missing: (ids: readonly string[]) => Promise<readonly string[]>, compare: (ids: readonly string[]) => Promise<Comparison> }} StoredIds -
 *   `missing` looks by `_id` only and is cheap enough to repeat.
 */

/**
 * Opens the collection of prices for the time of `work`.
 *
 * @template T
 * @param {{ mongoUri: string, database: string }} options
 * @param {(stored: StoredIds) => Promise<T>} work
 * @returns {Promise<T>}
 */
export const withStoredIds = ({ mongoUri, database }, work) =>
  withMongoClient(mongoUri, (client) => {
    const prices = client.db(database).collection(COLLECTION);
    return work({
      missing: async (ids) => {
        const counts = await documentsById(prices, ids);
        return ids.filter((id) => !counts.has(id));
      },
      compare: (ids) => compare(prices, ids),
    });
  });

/** @param {import('mongodb').Collection} prices @param {readonly string[]} ids @returns {Promise<Comparison>} */
async function compare(prices, ids) {
  const counts = await documentsPerEvent(prices, ids);
  const missing = ids.filter((id) => !counts.has(id));
  const twice = [...counts.values()].filter((count) => count > 1).length;
  return { missing, twice };
}

/**
 * Counts the documents of each event: by `_id`, and by the field `eventId` for those stored under another `_id`.
 *
 * @param {import('mongodb').Collection} prices
 * @param {readonly string[]} ids
 * @returns {Promise<Map<string, number>>}
 */
async function documentsPerEvent(prices, ids) {
  const counts = await documentsById(prices, ids);
  if (!(await hasEventIds(prices))) return counts;
  const wanted = new Set(ids);
  for await (const { _id, eventId } of prices.find(
    {},
    { projection: { eventId: 1 }, batchSize: 5000 },
  )) {
    if (wanted.has(eventId) && String(_id) !== eventId)
      counts.set(eventId, (counts.get(eventId) ?? 0) + 1);
  }
  return counts;
}

/** @param {import('mongodb').Collection} prices @param {readonly string[]} ids @returns {Promise<Map<string, number>>} */
async function documentsById(prices, ids) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const chunk of chunksOf(ids)) {
    const wanted = { _id: { $in: /** @type {any[]} */ (chunk) } };
    for (const { _id } of await prices
      .find(wanted, { projection: { _id: 1 }, batchSize: CHUNK })
      .toArray()) {
      counts.set(String(_id), (counts.get(String(_id)) ?? 0) + 1);
    }
  }
  return counts;
}

/** @param {import('mongodb').Collection} prices */
const hasEventIds = async (prices) =>
  (await prices.findOne({ eventId: { $exists: true } }, { projection: { _id: 1 } })) !== null;

/** @param {readonly string[]} ids */
function* chunksOf(ids) {
  for (let start = 0; start < ids.length; start += CHUNK) yield ids.slice(start, start + CHUNK);
}
