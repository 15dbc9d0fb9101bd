import { Decimal128, Long, ObjectId } from 'mongodb';
import { MAX_DOCUMENT_DEPTH, flawOf } from './document-scan';

const nested = (levels: number) => {
  let document: object = { leaf: 1 };
  for (let level = 1; level < levels; level += 1) document = { document };
  return document;
};

describe('flawOf [S8]', () => {
  it.each([
    ['a NUL in a key', { a: { 'b\0c': 1 } }, 'a key holds a NUL character'],
    ['an operator in data', { filter: [{ $ne: null }] }, 'a key starts with $'],
    ['an imitated BSON type', { a: [{ _bsontype: 'Code' }] }, 'a key is named _bsontype'],
    ['deep nesting', nested(MAX_DOCUMENT_DEPTH + 1), 'it is nested deeper than 32 levels'],
    ['a NUL in a Map', { a: new Map([['b\0', 1]]) }, 'a key holds a NUL character'],
    ['an integer of 65 bits', { a: 2n ** 63n }, 'an integer has more than 64 bits'],
    ['[S10] an invalid date', { a: [new Date('never')] }, 'a date is not valid'],
    ['[S6] an operator in place of a value', { userId: { $ne: null } }, 'a key starts with $'],
  ])('finds %s', (_, document, flaw) => {
    expect(flawOf(document)).toBe(flaw);
  });

  it('lets pass what MongoDB stores', () => {
    const document = {
      id: new ObjectId(),
      amount: Decimal128.fromString('1.5'),
      count: Long.fromNumber(7),
      at: new Date(),
      bytes: Buffer.from('x'),
      pattern: /x/,
      large: 2n ** 63n - 1n,
      none: null,
      list: [1, 'two', { three: true }],
      'dotted.key': 1,
    };
    expect(flawOf(document)).toBeNull();
    expect(flawOf(nested(MAX_DOCUMENT_DEPTH))).toBeNull();
  });

  it('ends on a circle', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(flawOf(circle)).toBe('it is nested deeper than 32 levels');
  });

  it('[S10] finds an invalid date in an update, and lets the first and the last date pass', () => {
    const update = { $max: { at: new Date(Number.NaN) } };
    expect(flawOf(update, 'allowed')).toBe('a date is not valid');
    const dates = { first: new Date(-8.64e15), zero: new Date(0), last: new Date(8.64e15) };
    expect(flawOf(dates)).toBeNull();
  });

  it('takes $ keys for operators where they are expected', () => {
    expect(flawOf({ $max: { high: 1 } }, 'allowed')).toBeNull();
    expect(flawOf({ $max: { 'a\0': 1 } }, 'allowed')).toBe('a key holds a NUL character');
    expect(flawOf({ $pull: { tags: { $in: ['a'] } } }, 'allowed')).toBeNull();
    expect(flawOf({ $addToSet: { tags: { $each: ['a'] } } }, 'allowed')).toBeNull();
  });

  it.each<[string, object]>([
    ['a value that is set', { $set: { userId: { $ne: null } } }],
    ['a value deeper in it', { $min: { quote: { list: [{ $gt: '' }] } } }],
    ['a field', { $set: { $where: 'true' } }],
    ['a value that is added', { $addToSet: { tags: { $ne: null } } }],
    ['one of many that are added', { $addToSet: { tags: { $each: [{ $ne: null }] } } }],
    ['something beside $each', { $addToSet: { tags: { $each: [], $slice: 1 } } }],
    ['an imitated $each', { $addToSet: { tags: { $each: 'a' } } }],
  ])('[S6] takes %s of an update for an attack when it has a $ key', (_, update) => {
    expect(flawOf(update, 'allowed')).toBe('a key starts with $');
  });
});
