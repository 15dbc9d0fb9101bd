import { SinkDocumentRejectedError } from './sink.errors';
import { sinkDocument } from './sink-document';

class Order {
  constructor(readonly amount: number) {}
}

describe('sinkDocument', () => {
  it('gives a plain object its id and version, also over fields of the same name', () => {
    const source = { amount: 5, _id: 'from the event', _v: 1 };

    expect(sinkDocument(source, 'a', null, null, 7)).toEqual({ _id: 'a', _v: 7, amount: 5 });
    expect(sinkDocument({ amount: 5 }, 'a', null, null)).toEqual({ _id: 'a', amount: 5 });
  });

  it('changes neither the event nor the document before', () => {
    const event = { amount: 5 };

    const first = sinkDocument(event, 'a', event, undefined);
    const second = sinkDocument(event, 'b', {}, event);

    expect(event).toEqual({ amount: 5 });
    expect([first['_id'], second['_id']]).toEqual(['a', 'b']);
  });

  it('keeps an instance of a class, which may know how it is stored', () => {
    expect(sinkDocument(new Order(5), 'a', null, null, 7)).toBeInstanceOf(Order);
  });

  it('copies a frozen source', () => {
    expect(sinkDocument(Object.freeze({ amount: 5 }), 'a', null, null)['_id']).toBe('a');
  });

  it('refuses what is no object, and what would spoil the bulk', () => {
    expect(() => sinkDocument('text', 'a', null, null)).toThrow(SinkDocumentRejectedError);
    expect(() => sinkDocument({ $where: 1 }, 'a', null, null)).toThrow(SinkDocumentRejectedError);
  });
});
