import fc from 'fast-check';
import {
  CodecMalformedError,
  decodeEvent,
  defineContract,
  flawOfJson,
  jsonCodec,
} from 'millrace/contracts';
import { z } from 'zod';

const decode = (text: string) => jsonCodec.decode(Buffer.from(text));

/** What a program makes of a value that it copies without care. */
function copied(value: unknown): { readonly isAdmin?: boolean } {
  return Object.assign({}, value);
}

/** Keys that reach for a prototype; the escape shows that the parsed key counts, not its bytes. */
const POLLUTING = [
  '{"__proto__":{"isAdmin":true}}',
  '{"n":1,"__proto__":null}',
  '{"n":{"deep":[{"__proto__":{"isAdmin":true}}]}}',
  '{"\\u005f_proto__":{"isAdmin":true}}',
  '{"constructor":{"prototype":{"isAdmin":true}}}',
  '[{"constructor":{"prototype":null}}]',
];

describe('keys that reach for the prototype of objects [S5]', () => {
  // A schema that keeps what it does not know is the worst case.
  const open = defineContract({
    name: 'lab.open.seen',
    version: 1,
    topic: 'lab-open',
    schema: z.looseObject({}),
  });

  it('would give whoever copies the value a property that it does not have', () => {
    expect(copied(JSON.parse(POLLUTING[0] ?? '')).isAdmin).toBe(true);
  });

  it.each(POLLUTING)('[S5] %s reaches no handler, however open its contract is', (text) => {
    expect(() => decode(text)).toThrow('reaches for the prototype');
    expect(decodeEvent(open, Buffer.from(text), '1')).toMatchObject({
      reason: 'malformed',
      error: { code: 'CODEC_MALFORMED' },
    });
    expect(flawOfJson(JSON.parse(text))).not.toBeNull();
    expect('isAdmin' in {}).toBe(false);
  });

  it.each(['{"constructor":"Acme"}', '{"prototype":1,"constructor":{"name":"x"}}', '"__proto__"'])(
    'are not meant by %s',
    (text) => {
      expect(decode(text)).toEqual(JSON.parse(text));
    },
  );
});

describe('what a parser changes without a word [S10]', () => {
  it.each([
    ['9007199254740993', 'one above the largest safe integer and one'],
    ['-9007199254740993', 'the same below zero'],
    ['9223372036854775807', 'the largest integer of 64 bits'],
    ['12345678901234567890123', 'more digits than 64 bits have'],
    ['9007199254740993e0', 'an integer with an exponent'],
  ])('[S10] the integer %s is refused: %s', (digits) => {
    expect(() => decode(`{"id":${digits}}`)).toThrow('has an integer that a number cannot hold');
    expect(() => decode(digits)).toThrow(CodecMalformedError);
    expect(decode(`{"id":"${digits}"}`)).toEqual({ id: digits });
  });

  it.each([
    '9007199254740991',
    '-9007199254740992',
    '100000000000000000000',
    '0.30000000000000004',
  ])('%s is kept, since a number holds it', (digits) => {
    expect(String(decode(digits))).toBe(digits);
  });

  it('[S10] any integer is either kept to the last digit or refused', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (integer) => {
        let kept: unknown;
        try {
          kept = decode(`[${integer}]`);
        } catch (error) {
          expect(error).toBeInstanceOf(CodecMalformedError);
          expect(Number.isSafeInteger(Number(integer))).toBe(false);
          return;
        }
        expect(String(kept)).toBe(String(integer));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(['1e400', '-1e400', '{"a":[1e999]}'])(
    '[S10] %s is refused: it becomes infinite',
    (text) => {
      expect(() => decode(text)).toThrow('has a number that is infinite');
    },
  );

  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"b":{"c":[{"d":1,"d":1}]}}',
    '{"a":1,"\\u0061":2}',
    '{"1":1,"1":2}',
    '{"":1,"":1}',
  ])('[S10] a key that is there twice is refused: %s', (text) => {
    expect(() => decode(text)).toThrow('has one key twice in an object');
  });

  it('[S10] one key twice is found wherever it is, and no other value is taken for it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.string(), (value, key) => {
        const [name, inner] = [JSON.stringify(key), JSON.stringify(value)];
        // fast-check knows these names; the tests above are about them.
        fc.pre(!/__proto__|constructor/.test(name + inner));
        expect(decode(`{${name}:${inner}}`)).toEqual(JSON.parse(`{${name}:${inner}}`));
        expect(() => decode(`[{${name}:${inner},"x${'y'.repeat(40)}":0,${name}:1}]`)).toThrow(
          'has one key twice in an object',
        );
      }),
      { numRuns: 500 },
    );
  });

  it('says what is wrong and never repeats the value', () => {
    expect(() => decode('{"canary":1,"canary":2}')).toThrow(
      /^the JSON has one key twice in an object$/,
    );
  });
});
