import { ContractDefinitionInvalidError, decodeEvent, defineContract } from 'millrace/contracts';
import { z } from 'zod';

const schema = z.strictObject({ price: z.number(), unit: z.string() });
const base = { name: 'lab.price.quoted', version: 3, topic: 'prices', schema } as const;

const versioned = defineContract({
  ...base,
  upcast: {
    1: ({ cost }: { cost: number }) => ({ price: cost }),
    2: ({ price }: { price: number }) => ({ price, unit: 'g' }),
  },
});
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('defineContract', () => {
  it.each([
    ['a name without a dot', { name: 'price' }, 'name must look like'],
    ['a name with capitals', { name: 'lab.Price.quoted' }, 'name must look like'],
    ['version 0', { version: 0 }, 'version must be a whole number'],
    ['half a version', { version: 1.5 }, 'version must be a whole number'],
    ['a topic with a space', { topic: 'a b' }, 'topic must have'],
    ['a topic that Kafka keeps for itself', { topic: '..' }, 'topic must have'],
    ['a topic without room for its dead letters', { topic: 'x'.repeat(201) }, 'topic must have'],
    ['a gap in its upcasters', { upcast: { 1: () => ({}) } }, 'upcast has a gap after version 1'],
    ['an upcaster beyond its version', { upcast: { 3: () => ({}) } }, 'gap after version 3'],
  ])('refuses %s', (_, wrong, problem) => {
    const define = () => defineContract({ ...base, ...wrong });
    expect(define).toThrow(ContractDefinitionInvalidError);
    expect(define).toThrow(problem);
  });

  it('lists every problem at once', () => {
    const define = () => defineContract({ ...base, name: 'x', version: 0, topic: '' });
    expect(define).toThrow(/name must.*version must.*topic must/);
  });

  it('gives no key, no personal data and no settings of its topic by default', () => {
    const contract = defineContract(base);
    expect(contract.keyOf({ price: 1, unit: 'g' })).toBeNull();
    expect(contract).toMatchObject({ personalData: [], topicSettings: {} });
    expect(Object.isFrozen(contract)).toBe(true);
  });
});

describe('a contract with older versions', () => {
  it.each([
    ['1', { cost: 5 }],
    ['2', { price: 5 }],
    ['3', { price: 5, unit: 'g' }],
    [null, { price: 5, unit: 'g' }],
  ])('[CTR-03] [F20] reads version %s through the chain of its upcasters', (version, value) => {
    const decoded = decodeEvent(versioned, bytes(value), version);
    expect(decoded).toEqual({ event: { price: 5, unit: 'g' } });
  });

  it.each(['4', '0', '-1', 'x', '', '1.5', 'Infinity'])(
    '[F20] does not guess version %j',
    (version) => {
      const decoded = decodeEvent(versioned, bytes({ price: 5, unit: 'g' }), version);
      expect(decoded).toMatchObject({
        reason: 'contract-unknown',
        error: { code: 'CONTRACT_UNKNOWN' },
      });
    },
  );

  it('says contract-invalid when an upcaster fails, and when its result is not valid', () => {
    const fails = decodeEvent(versioned, Buffer.from('null'), '1');
    const isInvalid = decodeEvent(versioned, bytes({ cost: 'much' }), '1');
    expect([fails, isInvalid]).toMatchObject([
      { reason: 'contract-invalid', error: { facts: { issues: [{ path: '' }] } } },
      { reason: 'contract-invalid', error: { facts: { issues: [{ path: 'price' }] } } },
    ]);
  });
});
