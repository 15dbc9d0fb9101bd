import { runModule } from './module-process';

const BOTH = ['kafka', 'database'];
const ROWS = [
  { when: 'it started all of them', owned: true, fresh: BOTH, then: 'me' },
  { when: 'nobody wrote down who did', owned: true, fresh: [], then: 'me' },
  { when: 'their owner is gone', owned: true, fresh: [], earlier: { owner: 'dead' }, then: 'me' },
  { when: 'their owner lives', owned: true, fresh: [], earlier: { owner: 'alive' }, then: 'alive' },
  { when: 'they were brought up to stay', owned: true, fresh: [], earlier: {}, then: null },
  {
    when: 'one of those that stay was started again',
    owned: true,
    fresh: ['kafka'],
    earlier: {},
    then: null,
  },
  {
    when: 'those that stayed were all gone',
    owned: true,
    fresh: BOTH,
    earlier: {},
    then: 'me',
  },
  { when: 'it brings them up to stay', owned: false, fresh: BOTH, then: null },
];

const owners = runModule<readonly (string | null)[]>(`
  const { resolveOwner } = await import('./tools/engines/ownership.mjs');
  const isAlive = (owner) => owner === 'alive';
  return ${JSON.stringify(ROWS)}.map((row) => resolveOwner({ ...row, names: ${JSON.stringify(BOTH)}, me: 'me', isAlive }) ?? null);
`);

describe('the owner of the engines', () => {
  it.each(ROWS.map((row, index) => ({ ...row, owner: owners[index] })))(
    'is $then when a command finds that $when',
    ({ owner, then }) => {
      expect(owner).toBe(then);
    },
  );
});
