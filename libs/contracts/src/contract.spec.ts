import {
  ContractDefinitionInvalidError,
  decodeEvent,
  defineContract,
  isContract,
} from 'millrace/contracts';
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

  it('[CTR-03] upcasts before it validates: the newest schema judges the result', () => {
    const old = decodeEvent(versioned, bytes({ cost: 'much' }), '1');
    expect(old).toMatchObject({
      reason: 'contract-invalid',
      error: { code: 'CONTRACT_INVALID', facts: { issues: [{ path: 'price' }] } },
    });
  });

  it.each([
    ['from the oldest version', '1', 1],
    ['in the middle of the chain', '2', 2],
  ])('[CTR-03] names the step of an upcaster that fails, %s', (_, version, from) => {
    const decoded = decodeEvent(versioned, Buffer.from('null'), version);
    expect(decoded).toMatchObject({
      reason: 'contract-invalid',
      error: {
        code: 'CONTRACT_UPCAST_FAILED',
        failure: 'permanent',
        facts: { contract: 'lab.price.quoted', from, to: from + 1, thrown: 'TypeError' },
      },
    });
  });

  it('[CTR-03] names the later step when an earlier one worked', () => {
    const fails = () => {
      throw new RangeError('no unit for 4711');
    };
    const contract = defineContract({ ...base, upcast: { 1: (old: object) => old, 2: fails } });
    const decoded = decodeEvent(contract, bytes({}), '1');
    const { message = '' } = 'error' in decoded ? decoded.error : {};
    expect(message).toBe('lab.price.quoted: the upcaster from version 2 to 3 threw RangeError');
  });

  it('refuses an asynchronous upcaster, and leaves no rejection behind', () => {
    const upcast = { 2: () => Promise.reject(new Error('too late')) };
    const decoded = decodeEvent(defineContract({ ...base, upcast }), bytes({}), '2');
    expect(decoded).toMatchObject({ error: { code: 'CONTRACT_UPCAST_FAILED' } });
  });
});

describe('isContract', () => {
  it('knows contracts from other exports of a module', () => {
    const others = [null, undefined, 'x', 7, {}, [], schema, { ...versioned, reads: true }];
    expect(others.filter(isContract)).toEqual([]);
    expect(isContract(versioned)).toBe(true);
  });
});
