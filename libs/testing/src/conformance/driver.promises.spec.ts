import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DRIVER_PROMISES } from './driver.promises';

const sources = readdirSync(__dirname)
  .filter((file) => file.startsWith('driver-suite'))
  .map((file) => readFileSync(join(__dirname, file), 'utf8'));
const titles = sources.flatMap((source) =>
  [...source.matchAll(/\bit(?:\.each\([^)]*\))?\(\s*'((?:[^'\\]|\\.)*)'/g)].map(
    ([, title = '']) => title,
  ),
);
const shown = new Set(titles.flatMap((title) => title.match(/\[D\d+\]/g) ?? []));

describe('the promises of a driver', () => {
  it('each have a test in the suite that names it', () => {
    expect(titles.length).toBeGreaterThan(20);
    const untested = DRIVER_PROMISES.filter(({ id }) => !shown.has(`[${id}]`));
    expect(untested).toEqual([]);
  });

  it('are nineteen, and every test names one of them', () => {
    const ids = DRIVER_PROMISES.map(({ id }) => `[${id}]`);
    expect(ids).toEqual(Array.from({ length: 19 }, (_, index) => `[D${index + 1}]`));
    expect([...shown].filter((id) => !ids.includes(id as never))).toEqual([]);
  });
});
