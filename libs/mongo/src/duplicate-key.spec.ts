import { duplicateKeyOf } from './duplicate-key';

describe('duplicateKeyOf', () => {
  it.each([
    ['an insert', 'E11000 duplicate key error collection: db.c index: _id_ dup key: { _id: "a" }'],
    [
      'an upsert',
      'Plan executor error during update :: caused by :: E11000 duplicate key error collection: db.c index: _id_ dup key: { _id: "a" }',
    ],
    [
      'a collection with a collation',
      'E11000 duplicate key error collection: db.c index: _id_ collation: { locale: "de" } dup key: { _id: "0x2d" }',
    ],
    ['a server before 4.2', 'E11000 duplicate key error index: db.c.$_id_  dup key: { : "a" }'],
    [
      'a collection with a strange name',
      'E11000 duplicate key error collection: db.a index: b index: _id_ dup key: { _id: "a" }',
    ],
  ])('finds the identity in the answer to %s', (_, errmsg) => {
    expect(duplicateKeyOf({ errmsg })).toEqual({ index: '_id_', isId: true });
  });

  it('is not misled by a value that imitates the words before it', () => {
    const errmsg =
      'E11000 duplicate key error collection: db.c index: serial_1 dup key: { serial: " index: _id_ dup key: " }';
    expect(duplicateKeyOf({ errmsg })).toEqual({ index: 'serial_1', isId: false });
  });

  it('believes keyPattern where the driver keeps it: exactly { _id: 1 } is the identity', () => {
    expect(duplicateKeyOf({ keyPattern: { _id: 1 } }).isId).toBe(true);
    expect(duplicateKeyOf({ keyPattern: { _id: 1, shard: 1 } }).isId).toBe(false);
    expect(duplicateKeyOf({ err: { keyPattern: { serial: 1 } } }).isId).toBe(false);
  });

  it('claims nothing about an answer that it cannot read', () => {
    expect(duplicateKeyOf({ errmsg: 'E11000' })).toEqual({ index: null, isId: false });
    expect(duplicateKeyOf({})).toEqual({ index: null, isId: false });
  });
});
