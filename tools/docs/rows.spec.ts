import { evidenceOf, rowsOf, withEvidence, withoutPartial } from './rows';

const PAGE = [
  '# Rows',
  '',
  '| id | asked | status | test |',
  '|---|---|---|---|',
  '| M-01 | a \\| b | open |  |',
  '| M-02 | c | done | [old.spec.ts](../old.spec.ts) |',
  '',
  '| id | status of something else |',
  '|---|---|',
  '| M-01 | stays |',
  '',
].join('\n');

const evidence = evidenceOf([
  { file: 'libs/b.spec.ts', source: "it('does it [M-01]', () => {});" },
  { file: 'libs/a.spec.ts', source: "it('does it too [M-01]', () => {}); it.skip('[M-02]', f);" },
]);

describe('the status of rows', () => {
  it('is done with every spec that names the row, sorted, and open without one', () => {
    expect(rowsOf(withEvidence(PAGE, evidence))).toEqual([
      { id: 'M-01', status: 'done', tests: ['libs/a.spec.ts', 'libs/b.spec.ts'] },
      { id: 'M-02', status: 'open', tests: [] },
    ]);
  });

  it('changes nothing else, and nothing at all a second time', () => {
    const once = withEvidence(PAGE, evidence);
    expect(withEvidence(once, evidence)).toBe(once);
    expect(once).toContain('| M-01 | a \\| b | done |');
    expect(once).toContain('| M-01 | stays |');
  });

  it('stays open while the tests show a part only', () => {
    const page = withEvidence(PAGE, withoutPartial(evidence, { 'M-01': 'the other half' }));
    expect(rowsOf(page)[0]).toEqual({ id: 'M-01', status: 'open', tests: [] });
  });
});
