import { idsOf, testTitles } from '../../tools/docs/test-titles';
import { linksOf, tablesOf } from './markdown';
import { projectFiles, readText } from './tree';

/** Every attack that must have a test; the list grows, it never shrinks. */
const ATTACKS: Readonly<Record<string, string>> = {
  S1: 'compressed bombs',
  S2: 'floods of headers',
  S3: 'batches of tiny records',
  S4: 'changed bytes',
  S5: 'prototype pollution',
  S6: 'operators of the database in place of values',
  S7: 'overwriting by a chosen id',
  S8: 'a document that spoils a bulk',
  S9: 'deep or endless JSON',
  S10: 'values that change without an error',
  S11: 'headers that choose where an answer goes',
  S12: 'JSON that is cut off',
  S13: 'forged lines of a log',
  S14: 'secrets in texts',
  S15: 'labels without end',
  S16: 'an open console',
  S17: 'abuse of HTTP',
  S18: 'TLS that trusts anybody',
  S19: 'names out of records',
  S20: 'packages that were taken over',
  S21: 'an abandoned dependency',
};
const PAGE = 'docs/security.md';

const specs = projectFiles().filter((file) => /\.(e2e-)?spec\.ts$/.test(file));
const idsIn = (file: string) => new Set(testTitles(readText(file)).flatMap(idsOf));
const shown = new Map(specs.map((file) => [file, idsIn(file)]));

const rows = tablesOf(readText(PAGE)).flat();

describe('attacks', () => {
  it.each(Object.entries(ATTACKS))('%s, %s: a title of a test names it', (id) => {
    expect([...shown].filter(([, ids]) => ids.has(id)).map(([file]) => file)).not.toEqual([]);
  });

  it.each(Object.keys(ATTACKS))('%s has one row, and each test of the row shows it', (id) => {
    const found = rows.filter((row) => row['id'] === id);
    expect(found).toHaveLength(1);
    const files = linksOf(found[0]?.['shown by'] ?? '').map((link) => link.replace('../', ''));
    expect(files).not.toEqual([]);
    expect(files.filter((file) => shown.get(file)?.has(id) !== true)).toEqual([]);
  });

  it('are no others than those of the page', () => {
    const told = rows.flatMap(({ id = '' }) => (/^S\d+$/.test(id) ? [id] : []));
    expect(told.sort()).toEqual(Object.keys(ATTACKS).sort());
  });
});
