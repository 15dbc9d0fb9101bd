import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import { Secret } from 'millrace/config';

const secret = new Secret('canary');
/** Types forbid these uses; a slip of `any` does not. */
const asText = secret as unknown as string;
const holder = { deep: { password: secret, list: [secret], map: new Map([['key', secret]]) } };

/** What a console writes. */
function printed(act: (console: Console) => void): string {
  const chunks: string[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      chunks.push(String(chunk));
      done();
    },
  });
  act(new Console(stream));
  return chunks.join('');
}

function thrown(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return inspect(error, { depth: 9, showHidden: true });
  }
  throw new Error('nothing was thrown');
}

describe('Secret [S14]', () => {
  it.each([
    ['text', () => String(secret)],
    ['a template', () => `password=${asText}`],
    ['a sum of texts', () => 'password=' + asText],
    ['JSON', () => JSON.stringify(holder)],
    ['inspect', () => inspect(holder, { depth: 9, showHidden: true, getters: true })],
    ['format', () => format('%s %o %j', secret, holder, holder)],
    ['the message of an error', () => new Error(`cannot log in with ${asText}`).message],
    [
      'an error with a cause',
      () =>
        thrown(() => {
          throw new Error('no', { cause: { secret } });
        }),
    ],
    ['an error of a wrong use', () => thrown(() => asText.trim()) + '[secret]'],
    ['console.log', () => printed((console) => console.log(secret, holder))],
  ])('[S14] prints [secret] in %s', (_where, print) => {
    expect(print()).not.toContain('canary');
    expect(print()).toContain('[secret]');
  });

  it.each([
    // These print objects as they are, and this one is empty.
    [
      'console.dir',
      () => printed((console) => console.dir(holder, { showHidden: true, depth: 9 })),
    ],
    ['console.table', () => printed((console) => console.table([[secret]]))],
    ['its own keys', () => Object.entries(secret)],
    ['a copy by spread', () => ({ ...secret })],
    ['a copy by assignment', () => Object.assign({}, secret)],
    ['a structured clone', () => structuredClone(secret)],
    ['a clone of what holds it', () => structuredClone(holder)],
    ['symbols and hidden properties', () => Object.getOwnPropertyDescriptors(secret)],
  ])('[S14] gives nothing away in %s', (_where, copy) => {
    expect(inspect(copy(), { depth: 9, showHidden: true })).not.toContain('canary');
    expect(JSON.stringify(copy())).not.toContain('canary');
  });

  it('gives its value to who asks', () => {
    expect(secret.reveal()).toBe('canary');
  });
});
