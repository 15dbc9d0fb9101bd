import { createHash } from 'node:crypto';
import { KeyList } from './key.list';

const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');

describe('KeyList', () => {
  const parse = (...lines: readonly string[]) => KeyList.parse(lines.join('\n'), '/keys/list');

  it('knows a key by its hash, with the name before it or the begin of the hash', () => {
    const list = parse(
      '# keys of the teams',
      `team-a sha256:${hashOf('alpha')}`,
      '',
      `\tteam-b \t sha256:${hashOf('beta').toUpperCase()}\r`,
      `sha256:${hashOf('gamma')}`,
    );
    expect(['alpha', 'beta', 'gamma'].map((key) => list.nameOf(key))).toEqual([
      'team-a',
      'team-b',
      `sha256:${hashOf('gamma').slice(0, 12)}`,
    ]);
  });

  it.each(['', 'alph', 'alpha ', 'Alpha', hashOf('alpha'), `sha256:${hashOf('alpha')}`])(
    'does not know %j',
    (key) => {
      expect(parse(`team-a sha256:${hashOf('alpha')}`).nameOf(key)).toBeNull();
    },
  );

  it.each([
    ['a key in place of its hash', 'team-a canary-key'],
    ['a hash that is too short', `team-a sha256:${hashOf('a').slice(1)}`],
    ['another hash', `team-a md5:${hashOf('a')}`],
    ['three words', `team a sha256:${hashOf('a')}`],
  ])('refuses %s, names the line and repeats none of it', (_, line) => {
    const refuse = () => parse('# first', line);
    expect(refuse).toThrow(/^the list of API keys \/keys\/list: line 2 is not /);
    expect(refuse).not.toThrow(/canary|team/);
  });

  it('refuses a list without a key', () => {
    expect(() => parse('# nobody', '')).toThrow('holds no key');
  });
});
