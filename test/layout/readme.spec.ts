import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { tablesOf } from './markdown';
import { ROOT, readText } from './tree';

describe('README.md', () => {
  it('names in its table files that exist, as what shows each promise', () => {
    const shownBy = tablesOf(readText('README.md'))
      .flat()
      .flatMap((row) => (row['shown by'] === undefined ? [] : [row['shown by']]));
    const files = shownBy.flatMap((cell) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, f = '']) => f),
    );
    expect(files.length).toBeGreaterThanOrEqual(shownBy.length);
    expect(shownBy.length).toBeGreaterThan(3);
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it('leads to what is promised about delivery', () => {
    expect(readText('README.md')).toContain('](docs/delivery.md)');
  });
});
