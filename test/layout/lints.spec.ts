import { loadCatalogue } from '../../tools/docs/catalogue';
import { ROOT, projectFiles, readText } from './tree';

/** Specs that run lints both ways; the suite itself compares its table with the lints of its slice. */
const suites = projectFiles()
  .filter((file) => file.endsWith('.spec.ts'))
  .map(readText)
  .filter((source) => source.includes("\ndescribeLints('"));

const lints = loadCatalogue(ROOT, ROOT).flatMap(({ slices }) =>
  slices.flatMap((slice) => slice.lints),
);

describe('every lint of every slice', () => {
  it.each([...new Set(lints.map(({ id }) => id))])(
    '[CFG-02] %s has a refusing and a passing case in a spec',
    (id) => {
      expect(suites.filter((source) => source.includes(`    ${id}: {`))).toHaveLength(1);
    },
  );

  it('has an id of its own', () => {
    const dangers = new Map(lints.map(({ id, danger }) => [id, danger]));
    const twice = lints.filter(({ id, danger }) => dangers.get(id) !== danger);
    expect(twice.map(({ id }) => id)).toEqual([]);
    expect(dangers.size).toBeGreaterThan(20);
  });
});
