import { timingSafeEqual } from 'node:crypto';
import { findToken, sha256Of } from './tokens';
import type { TokenEntry } from './token-hashes';

jest.mock('node:crypto', () => {
  const actual = jest.requireActual<{ timingSafeEqual: typeof timingSafeEqual }>('node:crypto');
  return { ...actual, timingSafeEqual: jest.fn(actual.timingSafeEqual) };
});

const entryOf = (token: string): TokenEntry => ({
  role: 'viewer',
  name: token,
  sha256: sha256Of(token),
  expiresAtMs: null,
});

describe('findToken', () => {
  const entries = ['first', 'second', 'third'].map(entryOf);

  it.each(['first', 'third', 'none', ''])(
    'compares %p with every hash in constant time, whichever it is',
    (token) => {
      const compare = jest.mocked(timingSafeEqual).mockClear();
      const found = findToken(entries, token);
      expect(found?.name ?? 'none').toBe(token === '' ? 'none' : token);
      expect(compare.mock.calls.map(([hash]) => hash)).toEqual(entries.map((e) => e.sha256));
    },
  );

  it('looks at no token that is longer than any of ours', () => {
    expect(findToken([entryOf('x'.repeat(600))], 'x'.repeat(600))).toBeNull();
  });
});
