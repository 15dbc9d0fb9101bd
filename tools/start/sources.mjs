// @ts-check
import { setTimeout as delay } from 'node:timers/promises';
import { requestJson } from './http.mjs';

const GENERATED_METALS = ['silver', 'platinum', 'palladium', 'copper'];
/** Monthly gold prices from 1833 on; the bar needs a goal before the producer has read its file. */
const GOLD_ROWS = 2322;

/** @typedef {{ published: number, failed: number, isOver: boolean, isBroken: boolean }} Publishing */

/**
 * Asks the producer to send the gold prices of its file and generated prices of four other metals.
 *
 * @param {string} producerUrl
 * @param {{ count: number, rate: number, seed: number }} flags - `count` per metal, `rate` per second of all.
 * @returns {Promise<number>} how many records to expect, about.
 */
export async function startSources(producerUrl, { count, rate, seed }) {
  const generated = {
    metals: GENERATED_METALS,
    count: count * GENERATED_METALS.length,
    ratePerSecond: rate,
    seed,
  };
  await requestJson(`${producerUrl}/sources/file/replay`, {
    method: 'POST',
    body: { file: 'gold-monthly' },
  });
  if (count > 0)
    await requestJson(`${producerUrl}/sources/generator/run`, { method: 'POST', body: generated });
  return GOLD_ROWS + generated.count;
}

/**
 * Reads how far the sources are; one that was never started counts as over.
 *
 * @param {string} producerUrl
 * @returns {Promise<Publishing>}
 */
export async function readSources(producerUrl) {
  const answer = await requestJson(`${producerUrl}/sources`);
  const sources = [answer.file, answer.generator].filter(
    (source) => source !== undefined && source !== null,
  );
  const sum = (/** @type {'published' | 'failed'} */ field) =>
    sources.reduce((total, source) => total + Number(source[field] ?? 0), 0);
  return {
    ...{ published: sum('published'), failed: sum('failed') },
    isOver: sources.every(({ state }) => state !== 'running'),
    isBroken: sources.some(({ state }) => state === 'failed'),
  };
}

/**
 * Calls `look` with the progress of the sources until they are over.
 *
 * @param {string} producerUrl
 * @param {{ signal: AbortSignal, look: (publishing: Publishing) => Promise<void> }} options
 * @returns {Promise<Publishing>} as it was at the end.
 */
export async function followSources(producerUrl, { signal, look }) {
  for (;;) {
    signal.throwIfAborted();
    const publishing = await readSources(producerUrl);
    await look(publishing);
    if (publishing.isOver) return publishing;
    await delay(250, undefined, { signal });
  }
}

/**
 * Collects the ids of the events that the brokers acknowledged in this run.
 *
 * @param {string} producerUrl
 * @returns {Promise<readonly string[]>} each once, in the order of acknowledgement.
 */
export async function acknowledgedIds(producerUrl) {
  /** @type {Set<string>} */
  const ids = new Set();
  for (let cursor = ''; ;) {
    const query = cursor === '' ? '' : `?since=${encodeURIComponent(cursor)}`;
    const page = await requestJson(`${producerUrl}/sources/ledger${query}`);
    for (const id of page.ids) ids.add(id);
    if (page.ids.length === 0 || String(page.next) === cursor) return [...ids];
    cursor = String(page.next);
  }
}
