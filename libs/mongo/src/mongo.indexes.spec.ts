import { MongoServerError } from 'mongodb';
import { MongoIndexes, indexName } from './mongo.indexes';

function indexesOver(collection: object, models: unknown[] = []) {
  const connection = {
    collection: (name: string) => ({ collectionName: name, ...collection }),
    models,
  };
  const indexes = new MongoIndexes(connection as never);
  indexes.declare('prices', [
    { keys: { metal: 1, observedAt: -1 } },
    { keys: { serial: 1 }, idempotency: true },
  ]);
  return indexes;
}

const existing = (...indexes: object[]) => ({
  listIndexes: () => ({ toArray: () => Promise.resolve(indexes) }),
});

describe('indexes', () => {
  it('are named as MongoDB names them', () => {
    expect(indexName({ keys: { metal: 1, observedAt: -1 } })).toBe('metal_1_observedAt_-1');
    expect(indexName({ keys: { metal: 1 }, name: 'mine' })).toBe('mine');
  });

  it('are created once per collection: those of sinks and those of models', async () => {
    const createIndexes = jest.fn().mockResolvedValue([]);
    const model = {
      collection: { collectionName: 'candles' },
      schema: { indexes: () => [[{ interval: 1 }, { background: true, unique: true }]] },
    };
    await indexesOver({ createIndexes }, [model]).ensure('create');
    expect(createIndexes.mock.calls.map(([specs]) => specs as unknown)).toEqual([
      [
        { key: { metal: 1, observedAt: -1 }, name: 'metal_1_observedAt_-1' },
        { key: { serial: 1 }, name: 'serial_1', unique: true },
      ],
      [{ key: { interval: 1 }, unique: true }],
    ]);
  });

  it('that depend on something are created only when it is so at the start', async () => {
    const createIndexes = jest.fn().mockResolvedValue([]);
    const indexes = indexesOver({ createIndexes });
    const spec = { keys: { rememberedAt: 1 }, expireAfterSeconds: 60 } as const;
    let isNeeded = false;
    indexes.declareWhen(() => isNeeded, 'pipeline_inbox', [spec]);
    indexes.declareWhen(() => false, 'never', [spec]);
    isNeeded = true;
    await indexes.ensure('create');
    expect(createIndexes.mock.calls.map(([specs]) => specs as unknown).slice(1)).toEqual([
      [{ key: { rememberedAt: 1 }, name: 'rememberedAt_1', expireAfterSeconds: 60 }],
    ]);
  });

  it('are not looked at in mode off', async () => {
    await expect(indexesOver({}).ensure('off')).resolves.toBeUndefined();
  });

  it('are accepted in mode verify when all exist, whatever their names', async () => {
    const all = existing(
      { key: { _id: 1 }, name: '_id_' },
      { key: { metal: 1, observedAt: -1 }, name: 'other' },
      { key: { serial: 1 }, name: 'serial_1', unique: true },
    );
    await expect(indexesOver(all).ensure('verify')).resolves.toBeUndefined();
  });

  it.each([
    ['one is missing', [{ key: { serial: 1 }, unique: true }], 'observedAt'],
    ['fields are in another order', [{ key: { observedAt: -1, metal: 1 } }], 'metal'],
    [
      'one is not unique',
      [{ key: { metal: 1, observedAt: -1 } }, { key: { serial: 1 } }],
      'serial',
    ],
  ])('are refused in mode verify when %s', async (_, found, named) => {
    await expect(indexesOver(existing(...found)).ensure('verify')).rejects.toMatchObject({
      code: 'MONGO_INDEX_MISSING',
      message: expect.stringContaining(named) as string,
    });
  });

  it('are missing in a collection that does not exist', async () => {
    const absent = new MongoServerError({ message: 'ns', code: 26 });
    const collection = { listIndexes: () => ({ toArray: () => Promise.reject(absent) }) };
    await expect(indexesOver(collection).ensure('verify')).rejects.toMatchObject({
      code: 'MONGO_INDEX_MISSING',
    });
  });

  it.each([
    [85, 'MONGO_INDEX_CONFLICT'],
    [86, 'MONGO_INDEX_CONFLICT'],
    [11000, 'MONGO_INDEX_CONFLICT'],
    [13, 'MONGO_UNAUTHORIZED'],
    [189, 'SINK_UNAVAILABLE'],
  ])('that the server refuses with code %i are %s', async (code, expected) => {
    const error = new MongoServerError({ message: 'no', code });
    const indexes = indexesOver({ createIndexes: () => Promise.reject(error) });
    await expect(indexes.ensure('create')).rejects.toMatchObject({ code: expected });
  });
});
