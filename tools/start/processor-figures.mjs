// @ts-check
import { readPage } from './http.mjs';
import { quantileOf, readMetrics, sumOf } from './metrics-page.mjs';

const GROUP = { group: 'metals-processor' };
const PIPELINE = { pipeline: 'metals', ...GROUP };
const OUTCOMES = 'pipeline_records_processed_total';

/** @typedef {readonly import('./metrics-page.mjs').Sample[]} Samples */

/** @param {string} processorUrl @returns {Promise<Samples>} empty when the page cannot be read. */
export const scrape = async (processorUrl) =>
  readMetrics(await readPage(`${processorUrl}/metrics`));

/** Records that reached the database for the first time, so far. @param {Samples} samples */
export const storedSoFar = (samples) =>
  sumOf(samples, OUTCOMES, { ...PIPELINE, outcome: 'stored' }) +
  sumOf(samples, OUTCOMES, { ...PIPELINE, outcome: 'duplicate' });

/** Records that the group has not committed yet; NaN until the processor has asked the brokers. @param {Samples} samples */
export const lagOf = (samples) => sumOf(samples, 'metals_kafka_consumer_lag');

/** @param {Samples} samples */
export const deadLettersOf = (samples) => sumOf(samples, 'pipeline_dead_letters_total');

/**
 * Reads from two pages of the processor what happened between them.
 *
 * @param {Samples} before
 * @param {Samples} after
 * @returns {{ duplicates: number, deadLetters: number, lag: number, p95EndToEndMs: number | null }}
 */
export function growthBetween(before, after) {
  const duplicates = (/** @type {Samples} */ samples) =>
    sumOf(samples, OUTCOMES, { ...PIPELINE, outcome: 'duplicate' });
  const p95 = quantileOf({
    before,
    after,
    name: 'pipeline_event_age_seconds',
    labels: { pipeline: PIPELINE.pipeline },
    quantile: 0.95,
  });
  return {
    duplicates: duplicates(after) - duplicates(before),
    deadLetters: deadLettersOf(after) - deadLettersOf(before),
    lag: lagOf(after),
    p95EndToEndMs: p95 === undefined ? null : Math.round(p95 * 1000),
  };
}
