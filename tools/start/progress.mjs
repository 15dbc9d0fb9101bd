// @ts-check

const WIDTH = 24;
const PLAIN_EVERY_MS = 2000;

/** @typedef {{ expected: number, published: number, stored: number }} Counts */

/**
 * Shows how far the job is: one redrawn line on a terminal, a plain line every two seconds elsewhere.
 *
 * @param {{ out?: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>, now?: () => number }} [options]
 * @returns {{ update: (counts: Counts) => void, line: (text: string) => void, end: (counts: Counts) => void }} `line` prints beside a bar without tearing it.
 */
export function createProgress({ out = process.stdout, now = () => performance.now() } = {}) {
  let drawn = '';
  let plainAt = -Infinity;
  const clear = () => {
    if (drawn) out.write('\r\x1b[2K');
    drawn = '';
  };
  const line = (/** @type {string} */ text) => {
    const before = drawn;
    clear();
    out.write(`${text}\n`);
    if (before) out.write((drawn = before));
  };
  const update = (/** @type {Counts} */ counts) => {
    if (out.isTTY) {
      clear();
      out.write((drawn = bar(counts)));
    } else if (now() - plainAt >= PLAIN_EVERY_MS) {
      plainAt = now();
      out.write(`${plain(counts)}\n`);
    }
  };
  const end = (/** @type {Counts} */ counts) => {
    clear();
    out.write(`${plain(counts)}\n`);
  };
  return { update, line, end };
}

/** @param {Counts} counts */
const plain = ({ published, stored }) => `progress   published ${published}, stored ${stored}`;

/** @param {Counts} counts */
function bar({ expected, published, stored }) {
  const cells = (/** @type {number} */ count) =>
    Math.min(WIDTH, Math.floor((WIDTH * count) / Math.max(1, expected)));
  const full = cells(Math.min(stored, published));
  const half = cells(published) - full;
  const drawn = `${'#'.repeat(full)}${'-'.repeat(half)}${' '.repeat(WIDTH - full - half)}`;
  return `progress   [${drawn}] published ${published}, stored ${stored} of ${Math.max(expected, published)}`;
}
