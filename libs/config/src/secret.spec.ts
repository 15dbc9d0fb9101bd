import { format, inspect } from 'node:util';
import { Secret } from 'millrace/config';

describe('Secret', () => {
  const secret = new Secret('canary');
  const holder = { deep: { password: secret, list: [secret] } };

  it.each([
    ['text', () => String(secret)],
    ['JSON', () => JSON.stringify(holder)],
    ['inspect', () => inspect(holder, { depth: 9, showHidden: true, getters: true })],
    ['format', () => format('%s %o %j', secret, holder, holder)],
    ['its own keys', () => JSON.stringify(Object.entries(secret))],
    ['a copy', () => JSON.stringify({ ...secret })],
  ])('does not show in %s', (_where, print) => {
    expect(print()).not.toContain('canary');
  });

  it('gives its value to who asks', () => {
    expect(secret.reveal()).toBe('canary');
  });
});
