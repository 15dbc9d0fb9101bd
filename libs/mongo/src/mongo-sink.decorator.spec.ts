import { defineContract } from 'millrace/contracts';
import { z } from 'zod';
import { MongoSink } from './mongo-sink.decorator';
import type { MongoSinkOptions } from './mongo-sink.decorator';

const Quoted = defineContract({
  name: 'metals.price.quoted',
  version: 1,
  topic: 'metals-prices',
  schema: z.object({ metal: z.string(), price: z.number() }),
});

const decorate = (options: Partial<MongoSinkOptions<{ metal: string; price: number }>>) => () =>
  MongoSink(Quoted, { groupId: 'metals-processor', collection: 'prices', ...options });

describe('@MongoSink', () => {
  it('refuses a sink without an identity when it is defined', () => {
    expect(decorate({ document: (event) => event })).toThrow(
      expect.objectContaining({ code: 'IDEMPOTENCY_ID_MISSING' }),
    );
  });

  const id = ({ metal }: { readonly metal: string }) => metal;
  const document = (event: object) => event;
  it.each([
    ['without a target', { collection: undefined, id, document }],
    ['with two targets', { model: class Price {}, id, document }],
    ['without a document', { id }],
    ['with update beside id', { id, update: () => [] }],
    ['without a group', { groupId: '', id, document }],
    ['with bulks of more than 1,000 records', { id, document, window: { maxRecords: 1_001 } }],
    ['with deletions and no version', { id, document, deleted: () => true }],
    ['with bulks of no record', { id, document, window: { maxRecords: 0 } }],
  ] as const)('refuses a sink %s', (_, options) => {
    expect(decorate(options as never)).toThrow(
      expect.objectContaining({ code: 'SINK_DEFINITION_INVALID' }),
    );
  });

  it('knows the type of the event in every function', () => {
    MongoSink(Quoted, {
      groupId: 'g',
      collection: 'c',
      id: (event, record) => `${event.metal}/${record.eventId}`,
      version: (event) => event.price,
      document: (event) => ({ price: event.price.toFixed(2) }),
    });
    // @ts-expect-error -- the contract has no such field
    const wrong = decorate({ id: (event) => event.nothing as string, document });
    expect(wrong).not.toThrow();
  });
});
