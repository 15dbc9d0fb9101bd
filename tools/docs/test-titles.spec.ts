import { idsOf, testTitles } from './test-titles';

describe('reading the titles of tests', () => {
  it('finds tests and groups, with tables and with capabilities', () => {
    const source = `
      describe('a group [M-01]', () => {
        it('one', () => {});
        it.each([1, 2])('two %s', () => {});
        test.each\`a\`('three', () => {});
        itOnReplicaSet('four', () => {});
        it('five ' + 'and a half', () => {});
        it(\`six \${name}\`, () => {});
      });
      iterate('not a test', () => {});`;
    expect(testTitles(source)).toEqual([
      ...['a group [M-01]', 'one', 'two %s', 'three', 'four', 'five and a half', 'six ${name}'],
    ]);
  });

  it('leaves out what does not run, with everything inside it', () => {
    const source = `
      it.skip('skipped', () => {});
      it.todo('planned');
      describe.skip('group', () => { it('inside', () => {}); });
      describe.skip.each([1])('table', () => { it('inside too', () => {}); });`;
    expect(testTitles(source)).toEqual([]);
  });

  it('reads ids in brackets only, lists of them too', () => {
    expect(idsOf('keeps order [CON-07] and [DEL-01, M-05]')).toEqual(['CON-07', 'DEL-01', 'M-05']);
    expect(idsOf('M-05 without brackets, [not an id], [P4] has one')).toEqual(['P4']);
  });
});
