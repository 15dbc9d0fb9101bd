import { asyncApiOf, defineContract, encodeEvent } from 'millrace/contracts';
import type { Contract } from 'millrace/contracts';
import { z } from 'zod';

const price = defineContract({
  name: 'lab.price.quoted',
  version: 3,
  topic: 'prices',
  key: ({ metal }) => metal,
  schema: z.strictObject({ metal: z.string(), price: z.number() }),
  upcast: { 2: (older: object) => older },
  topicSettings: { partitions: 6 },
});
const order = defineContract({
  name: 'lab.order.placed',
  version: 1,
  topic: 'orders',
  schema: z.strictObject({ mail: z.string() }),
  personalData: ['mail'],
});
const INFO = { title: 'Lab', version: '7' };
type Document = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>
>;
const documentOf = (contracts: readonly Contract[], more = {}) =>
  asyncApiOf(contracts, { ...INFO, ...more }) as Document;

describe('asyncApiOf', () => {
  it('[CTR-04] has a channel for each topic, with its partitions and messages', () => {
    const { channels } = documentOf([price, order]);
    expect(channels).toEqual({
      orders: {
        address: 'orders',
        messages: {
          'lab.order.placed.v1': { $ref: '#/components/messages/lab.order.placed.v1' },
        },
        bindings: { kafka: { bindingVersion: '0.5.0' } },
      },
      prices: {
        address: 'prices',
        messages: {
          'lab.price.quoted.v3': { $ref: '#/components/messages/lab.price.quoted.v3' },
        },
        bindings: { kafka: { partitions: 6, bindingVersion: '0.5.0' } },
      },
    });
  });

  it('[CTR-04] describes exactly the headers that a record gets', () => {
    const messages = documentOf([price])['components']?.['messages'] ?? {};
    const { headers } = messages['lab.price.quoted.v3'] as {
      headers: { required: string[]; properties: Record<string, { const?: string }> };
    };
    const origin = { eventId: 'e1', source: 's', nowMs: 0 };
    const sent = encodeEvent(price, { metal: 'gold', price: 1 }, origin).headers;
    expect(headers.required).toEqual(sent.map(([name]) => name));
    for (const [name, value] of sent) {
      const said = headers.properties[name]?.const;
      if (said !== undefined) expect([name, said]).toEqual([name, value?.toString()]);
    }
  });

  it('tells key, content type, payload and readable versions', () => {
    const { messages, schemas } = documentOf([price, order])['components'] ?? {};
    expect(messages).toMatchObject({
      'lab.price.quoted.v3': {
        contentType: 'application/json',
        payload: { $ref: '#/components/schemas/lab.price.quoted.v3' },
        bindings: { kafka: { key: { type: 'string' } } },
        'x-readable-versions': [2, 3],
      },
      'lab.order.placed.v1': { bindings: { kafka: { bindingVersion: '0.5.0' } } },
    });
    expect(messages?.['lab.order.placed.v1']).not.toHaveProperty('bindings.kafka.key');
    expect(schemas).toMatchObject({
      'lab.order.placed.v1': { properties: { mail: { 'x-personal-data': true } } },
    });
  });

  it('is the same for any order of the contracts, and for one that is named twice', () => {
    const text = JSON.stringify(documentOf([price, order]));
    expect(JSON.stringify(documentOf([order, price, order]))).toBe(text);
  });

  it('tells what one side does, when it is asked for', () => {
    const names = (actions: readonly string[]) =>
      Object.keys(documentOf([price], { actions })['operations'] ?? {});
    expect(names(['receive'])).toEqual(['receive.lab.price.quoted.v3']);
    expect(names(['receive', 'send'])).toHaveLength(2);
  });

  it('tells where failed records go, when the pipeline says so', () => {
    const failureTopics = ({ topic }: Contract) => [
      { topic: `${topic}.retry.1`, purpose: 'retry', headers: ['retry-due-at'] } as const,
      { topic: `${topic}.dead-letter`, purpose: 'dead-letter', headers: ['why'] } as const,
    ];
    const { channels, operations, components } = documentOf([price], { failureTopics });
    expect(Object.keys(channels ?? {})).toEqual(['prices', 'prices.dead-letter', 'prices.retry.1']);
    expect(Object.keys(operations ?? {})).toHaveLength(2);
    const { messages = {} } = components ?? {};
    expect(messages['lab.price.quoted.v3-on-prices.retry.1']).toMatchObject({
      payload: { $ref: '#/components/schemas/lab.price.quoted.v3' },
      headers: { properties: { ce_id: { type: 'string' }, 'retry-due-at': { type: 'string' } } },
    });
    const letter = messages['lab.price.quoted.v3-on-prices.dead-letter'];
    expect(letter).not.toHaveProperty('payload');
    expect(letter).not.toHaveProperty('contentType');
  });

  it('keeps references inside the schema that they belong to', () => {
    interface Tree {
      readonly children: readonly Tree[];
    }
    const tree: z.ZodType<Tree> = z.strictObject({ children: z.array(z.lazy(() => tree)) });
    const name = z.string().meta({ id: 'name' });
    const contract = defineContract({
      name: 'lab.tree.grown',
      version: 1,
      topic: 'trees',
      schema: z.strictObject({ tree, a: name, b: name, note: z.literal('$ref') }),
    });
    const { schemas } = documentOf([contract])['components'] ?? {};
    const references = JSON.stringify(schemas).match(/"\$ref":"[^"]*"/g) ?? [];
    expect(references.length).toBeGreaterThan(1);
    for (const reference of references) {
      expect(reference).toContain('#/components/schemas/lab.tree.grown.v1/definitions/');
    }
  });
});
