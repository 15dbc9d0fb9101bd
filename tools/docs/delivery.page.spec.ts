import { withDeliveryStates } from './delivery.page';
import { evidenceOf, rowsOf } from './rows';

const PAGE = [
  '| id | what | status | test |',
  '|---|---|---|---|',
  '| F1 | killed | open |  |',
  '| F2 | memory | open |  |',
  '| F3 | signal | open |  |',
  '| F4 | broker | shown | [old](../old.spec.ts) |',
  '',
].join('\n');
const evidence = evidenceOf([
  {
    file: 'a.spec.ts',
    source: "it('[F1] survives', f); it('[F3] drains', f); it.skip('[F4]', f);",
  },
]);
const page = withDeliveryStates(PAGE, evidence, { F2: 'needs a cgroup', F3: 'under load' });

describe('the states of docs/delivery.md', () => {
  it('are shown by tests, in part with what is missing, not here with the reason, or open', () => {
    expect(rowsOf(page)).toEqual([
      { id: 'F1', status: 'shown', tests: ['a.spec.ts'] },
      { id: 'F2', status: 'not here', tests: [] },
      { id: 'F3', status: 'in part', tests: ['a.spec.ts'] },
      { id: 'F4', status: 'open', tests: [] },
    ]);
    expect(page).toContain('| needs a cgroup |');
    expect(page).toContain('[a.spec.ts](../a.spec.ts); missing: under load |');
  });

  it('do not change the second time', () => {
    expect(withDeliveryStates(page, evidence, { F2: 'needs a cgroup', F3: 'under load' })).toBe(
      page,
    );
  });
});
