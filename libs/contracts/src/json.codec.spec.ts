import fc from 'fast-check';
import { CodecMalformedError, jsonCodec } from 'millrace/contracts';

const LIMIT = 32;

/** Oracle: depth of a parsed value. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** Text that looks like JSON to a scan that does not know where strings end. */
const trickyText = fc.string({ unit: fc.constantFrom('"', '\\', '[', ']', '{', '}', 'a', 'é') });

/** A value of a chosen depth, with tricky strings as keys and members. */
const nested = fc
  .tuple(fc.array(fc.tuple(fc.boolean(), trickyText), { minLength: 28, maxLength: 36 }), trickyText)
  .map(([levels, leaf]) =>
    levels.reduce<unknown>(
      (inner, [isList, text]) => (isList ? [text, inner, text] : { a: text, [`k${text}`]: inner }),
      leaf,
    ),
  );

const decode = (text: string | Buffer) =>
  jsonCodec.decode(typeof text === 'string' ? Buffer.from(text) : text);

describe('jsonCodec', () => {
  it('reads what it wrote', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        // fast-check knows the names that are refused.
        fc.pre(!/__proto__|constructor/.test(text));
        const expected: unknown = JSON.parse(text);
        expect(jsonCodec.decode(jsonCodec.encode(value))).toEqual(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  it('[S9] refuses exactly the values that are nested deeper than 32 levels', () => {
    fc.assert(
      fc.property(nested, (value) => {
        const bytes = jsonCodec.encode(value);
        if (depthOf(value) > LIMIT) expect(() => decode(bytes)).toThrow(CodecMalformedError);
        else expect(decode(bytes)).toEqual(value);
      }),
      { numRuns: 1_000 },
    );
  });

  it('[S9] accepts 32 levels and refuses 33, whatever comes after', () => {
    const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(() => decode(deep(32))).not.toThrow();
    expect(() => decode(deep(33))).toThrow('nested deeper than 32 levels');
    expect(() => decode('['.repeat(1_000_000))).toThrow('nested deeper than 32 levels');
  });

  it.each(['', '{', 'nope', '{"a":1}x', "{'a':1}", '\u0000', '"unfinished'])(
    'refuses %j without repeating it',
    (text) => {
      expect(() => decode(text)).toThrow(CodecMalformedError);
      expect(() => decode(text)).toThrow(/^the value is not JSON$/);
    },
  );

  it('refuses bytes that are not UTF-8, and accepts the replacement character itself', () => {
    expect(() => decode(Buffer.from([0x22, 0xc3, 0x28, 0x22]))).toThrow('not UTF-8');
    expect(decode('"\ufffd"')).toBe('\ufffd');
  });

  it('never throws anything but its own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decode(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(CodecMalformedError);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
