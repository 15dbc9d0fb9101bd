// @ts-check

/** @typedef {{ name: string, labels: Readonly<Record<string, string>>, value: number }} Sample */

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/**
 * Reads a page in Prometheus' text format.
 *
 * @param {string} page
 * @returns {readonly Sample[]}
 */
export const readMetrics = (page) =>
  page.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = LINE.exec(line) ?? [];
    if (!name) return [];
    const pairs = [...labels.matchAll(LABEL)].map(([, label = '', text = '']) => [label, text]);
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
  });

/**
 * Adds up the samples of a name whose labels match; a label that a sample does not have matches.
 *
 * @param {readonly Sample[]} samples
 * @param {string} name
 * @param {Readonly<Record<string, string>>} [labels]
 */
export const sumOf = (samples, name, labels = {}) =>
  matching(samples, name, labels).reduce((sum, { value }) => sum + value, 0);

/**
 * Estimates a quantile from the growth of a histogram between two pages, as PromQL's histogram_quantile does.
 *
 * @param {{ before: readonly Sample[], after: readonly Sample[], name: string, labels?: Readonly<Record<string, string>>, quantile: number }} options
 * @returns {number | undefined} in the unit of the histogram; undefined when nothing was observed.
 */
export function quantileOf({ before, after, name, labels = {}, quantile }) {
  const buckets = bucketsOf(after, name, labels);
  const earlier = new Map(bucketsOf(before, name, labels));
  const growth = buckets.map(([bound, count]) => ({
    bound,
    count: count - (earlier.get(bound) ?? 0),
  }));
  const total = growth.at(-1)?.count ?? 0;
  if (total <= 0) return undefined;
  const rank = quantile * total;
  const index = growth.findIndex(({ count }) => count >= rank);
  const lower = growth[index - 1] ?? { bound: 0, count: 0 };
  const upper = growth[index] ?? lower;
  if (upper.bound === Infinity) return lower.bound;
  return (
    lower.bound +
    ((upper.bound - lower.bound) * (rank - lower.count)) / (upper.count - lower.count || 1)
  );
}

/** @param {readonly Sample[]} samples @param {string} name @param {Readonly<Record<string, string>>} labels @returns {[number, number][]} */
function bucketsOf(samples, name, labels) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const sample of matching(samples, `${name}_bucket`, labels)) {
    const bound = sample.labels.le === '+Inf' ? Infinity : Number(sample.labels.le);
    counts.set(bound, (counts.get(bound) ?? 0) + sample.value);
  }
  return [...counts].sort(([a], [b]) => a - b);
}

/** @param {readonly Sample[]} samples @param {string} name @param {Readonly<Record<string, string>>} labels */
const matching = (samples, name, labels) =>
  samples.filter(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, text]) => (sample.labels[label] ?? text) === text),
  );
