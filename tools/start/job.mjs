// @ts-check
import { setTimeout as delay } from 'node:timers/promises';
import { deadLettersOf, growthBetween, lagOf, scrape, storedSoFar } from './processor-figures.mjs';
import { acknowledgedIds, followSources, startSources } from './sources.mjs';

const SETTLE_TIMEOUT_MS = 60_000;
/** Lag is read from the brokers every few seconds, and offsets are committed at an interval. */
const LAG_TIMEOUT_MS = 20_000;

/**
 * @typedef {{ published: number, stored: number, missing: number, duplicates: number, twice: number, deadLetters: number, lag: number, recordsPerSecond: number, p95EndToEndMs: number | null }} Figures
 * @typedef {{ producerUrl: string, processorUrl: string, stored: import('./stored-ids.mjs').StoredIds, flags: import('./flags.mjs').StartFlags, progress: ReturnType<typeof import('./progress.mjs').createProgress>, signal: AbortSignal }} Job
 */

/**
 * Publishes the prices, waits until each is stored or dead-lettered, and compares the sets of ids.
 *
 * The ids come from the acknowledgements of the brokers and from the database; counters of the apps only fill the
 * columns beside them.
 *
 * @param {Job} job
 * @returns {Promise<{ figures: Figures, isBroken: boolean }>} `isBroken`: a source failed, or could not send a record.
 */
export async function runJob(job) {
  const { producerUrl, processorUrl, stored, flags, progress, signal } = job;
  const before = await scrape(processorUrl);
  const startedAt = performance.now();
  const expected = await startSources(producerUrl, flags);
  const look = async (/** @type {{ published: number }} */ { published }) => {
    const samples = await scrape(processorUrl);
    progress.update({ expected, published, stored: storedSoFar(samples) - storedSoFar(before) });
  };
  const sources = await followSources(producerUrl, { signal, look });
  const ids = await acknowledgedIds(producerUrl);
  const settled = await settle(job, ids, before);
  const seconds = (performance.now() - startedAt) / 1000;
  const { missing, twice } = await stored.compare(ids);
  const found = ids.length - missing.length;
  progress.end({ expected: ids.length, published: ids.length, stored: found });
  const after = await scrapeWithoutLag(processorUrl, signal, settled);
  const figures = {
    ...{ published: ids.length, stored: found, missing: missing.length },
    ...{ twice, ...growthBetween(before, after), recordsPerSecond: Math.round(found / seconds) },
  };
  return { figures: inOrder(figures), isBroken: sources.isBroken || sources.failed > 0 };
}

/**
 * Waits until every id is in the database or as many records are dead-lettered as are missing.
 *
 * @param {Job} job
 * @param {readonly string[]} ids
 * @param {import('./processor-figures.mjs').Samples} before
 * @returns {Promise<boolean>} false when the time is over.
 */
async function settle({ processorUrl, stored, progress, signal }, ids, before) {
  let missing = await stored.missing(ids);
  for (const endsAt = performance.now() + SETTLE_TIMEOUT_MS; missing.length > 0;) {
    const deadLetters = deadLettersOf(await scrape(processorUrl)) - deadLettersOf(before);
    if (deadLetters >= missing.length) return true;
    if (performance.now() > endsAt) return false;
    progress.update({
      expected: ids.length,
      published: ids.length,
      stored: ids.length - missing.length,
    });
    await delay(250, undefined, { signal });
    missing = await stored.missing(missing);
  }
  return true;
}

/** @param {string} processorUrl @param {AbortSignal} signal @param {boolean} settled */
async function scrapeWithoutLag(processorUrl, signal, settled) {
  const endsAt = performance.now() + (settled ? LAG_TIMEOUT_MS : 0);
  for (;;) {
    const samples = await scrape(processorUrl);
    if (lagOf(samples) === 0 || performance.now() > endsAt) return samples;
    await delay(250, undefined, { signal });
  }
}

/** @param {Figures} figures @returns {Figures} */
const inOrder = ({
  published,
  stored,
  missing,
  duplicates,
  twice,
  deadLetters,
  lag,
  recordsPerSecond,
  p95EndToEndMs,
}) => ({
  ...{
    published,
    stored,
    missing,
    duplicates,
    twice,
    deadLetters,
    lag,
    recordsPerSecond,
    p95EndToEndMs,
  },
});
