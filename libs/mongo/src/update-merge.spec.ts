import { bsonOrder } from './bson-order';
import { mergeUpdates } from './update-merge';

const quote = (time: number, id: string, price: number) => ({ at: new Date(time), id, price });

describe('mergeUpdates', () => {
  it('keeps the lower and the higher embedded document, compared field by field', () => {
    const first = { $min: { open: quote(5, 'b', 1) }, $max: { close: quote(5, 'b', 1) } };
    const second = { $min: { open: quote(5, 'a', 9) }, $max: { close: quote(5, 'a', 9) } };
    expect(mergeUpdates(first, second)).toEqual({
      $min: { open: quote(5, 'a', 9) },
      $max: { close: quote(5, 'b', 1) },
    });
  });

  it('keeps fields that only one of them has', () => {
    expect(mergeUpdates({ $min: { low: 1 } }, { $max: { high: 2 }, $min: { other: 3 } })).toEqual({
      $min: { low: 1, other: 3 },
      $max: { high: 2 },
    });
  });

  it('keeps the first $setOnInsert: the second one would find the document', () => {
    const merged = mergeUpdates({ $setOnInsert: { made: 1 } }, { $setOnInsert: { made: 2 } });
    expect(merged).toEqual({ $setOnInsert: { made: 1 } });
  });

  it.each([
    ['$set, where the order counts', { $set: { a: 1 } }],
    ['values of different types', { $min: { low: 'text' } }],
    ['documents with other fields', { $min: { low: { b: 1 } } }],
    ['values without a known order', { $min: { low: [1] } }],
    ['not a number', { $min: { low: NaN } }],
  ])('leaves %s apart', (_, second) => {
    expect(mergeUpdates({ $min: { low: 1 } }, second)).toBeNull();
    expect(mergeUpdates({ $min: { low: { a: 1 } } }, second)).toBeNull();
  });

  it('changes neither of its arguments', () => {
    const first = Object.freeze({ $min: Object.freeze({ low: 2 }) });
    mergeUpdates(first, { $min: { low: 1 } });
    expect(first).toEqual({ $min: { low: 2 } });
  });
});

describe('bsonOrder', () => {
  it('compares texts by their bytes, as the server does', () => {
    // By UTF-16 units the emoji would be the lower one.
    expect(bsonOrder('\u{1F600}', '\uFF5E')).toBeGreaterThan(0);
    expect(bsonOrder('a', 'B')).toBeGreaterThan(0);
  });

  it('answers for a later field only when the earlier ones are equal', () => {
    expect(bsonOrder({ a: 1, b: 9 }, { a: 2, b: 0 })).toBeLessThan(0);
    expect(bsonOrder({ a: 1, b: 9 }, { a: 1, b: 0 })).toBeGreaterThan(0);
    expect(bsonOrder({ a: 1, b: 2 }, { b: 2, a: 1 })).toBeNull();
    expect(bsonOrder({ a: 1, b: [] }, { a: 2, b: [] })).toBeNull();
  });
});
