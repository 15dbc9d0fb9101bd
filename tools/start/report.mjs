// @ts-check

/** @typedef {import('./job.mjs').Figures} Figures */

/** @type {readonly (readonly [string, (figures: Figures) => string])[]} */
const ROWS = [
  ['published', ({ published }) => String(published)],
  ['stored', ({ stored }) => String(stored)],
  ['missing', ({ missing }) => String(missing)],
  ['stored twice', ({ twice }) => String(twice)],
  ['duplicates recognised', ({ duplicates }) => String(duplicates)],
  ['dead letters', ({ deadLetters }) => String(deadLetters)],
  ['lag', ({ lag }) => `${lag} records`],
  ['rate', ({ recordsPerSecond }) => `${recordsPerSecond} records/s`],
  [
    'end to end, p95',
    ({ p95EndToEndMs }) => (p95EndToEndMs === null ? 'not measured' : `${p95EndToEndMs} ms`),
  ],
];

/**
 * Lays out the table at the end of the job.
 *
 * @param {Figures} figures
 * @returns {string}
 */
export function table(figures) {
  const cells = ROWS.map(([name, text]) => [name, text(figures)]);
  const widths = [0, 1].map((column) =>
    Math.max(...cells.map((row) => (row[column] ?? '').length)),
  );
  const rule = `  ${'-'.repeat((widths[0] ?? 0) + (widths[1] ?? 0) + 3)}`;
  const lines = cells.map(
    ([name = '', text = '']) =>
      `  ${name.padEnd(widths[0] ?? 0)}   ${text.padStart(widths[1] ?? 0)}`,
  );
  return ['', rule, ...lines, rule].join('\n');
}

/**
 * Lists the pages that a person may look at now.
 *
 * @param {{ producerUrl: string, processorUrl: string }} urls
 */
export const links = ({ producerUrl, processorUrl }) =>
  [
    '',
    `  producer    ${producerUrl}/docs   /health   /metrics`,
    `  processor   ${processorUrl}/prices/latest   /health   /metrics`,
    '',
  ].join('\n');

/**
 * Judges the job: every published event is in the database, exactly once.
 *
 * @param {Figures} figures
 */
export const isComplete = ({ published, stored, missing, twice }) =>
  published > 0 && missing === 0 && twice === 0 && stored === published;
