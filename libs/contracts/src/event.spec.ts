import type { StandardSchemaV1 } from '@standard-schema/spec';
import {
  decodeEvent,
  defineContract,
  encodeEvent,
  isEventId,
  MAX_EVENT_ID_BYTES,
  validateEvent,
} from 'millrace/contracts';
import { z } from 'zod';

const schema = z.strictObject({
  price: z.number().positive(),
  owner: z.object({ email: z.email() }),
});
const base = { name: 'lab.price.quoted', version: 2, topic: 'prices' } as const;
const contract = defineContract({ ...base, schema, key: ({ owner }) => owner.email });
const event = { price: 5, owner: { email: 'a@example.org' } };

function contractOf(validate: StandardSchemaV1['~standard']['validate']) {
  return defineContract({
    ...base,
    schema: { '~standard': { version: 1, vendor: 'lab', validate } },
  });
}

describe('encodeEvent', () => {
  const encoded = encodeEvent(contract, event, { eventId: 'id-1', source: 'lab', nowMs: 0 });

  it('writes CloudEvents headers in binary mode and the version of the contract', () => {
    expect(encoded.headers.map(([name, value]) => [name, value?.toString()])).toEqual([
      ['ce_id', 'id-1'],
      ['ce_source', 'lab'],
      ['ce_type', 'lab.price.quoted'],
      ['ce_time', '1970-01-01T00:00:00.000Z'],
      ['ce_specversion', '1.0'],
      ['content-type', 'application/json'],
      ['contract-version', '2'],
    ]);
  });

  it('writes the key of the contract and bytes that decode to the same event', () => {
    expect(encoded.key?.toString()).toBe('a@example.org');
    expect(decodeEvent(contract, encoded.value, '2')).toEqual({ event });
  });
});

describe('validateEvent', () => {
  const bad = { price: -777, owner: { email: 'not-an-address' }, extra: 'secret' };

  it('lists every bad field and never the value', () => {
    const answer = validateEvent(contract, bad);
    if (!('issues' in answer)) throw new Error('the event is not valid');
    expect(answer.issues.map(({ path }) => path).sort()).toEqual(['', 'owner.email', 'price']);
    const shown = `${answer.error.message} ${JSON.stringify(answer.error.facts)}`;
    expect(shown).toContain('owner.email');
    for (const value of ['777', 'not-an-address', 'secret']) expect(shown).not.toContain(value);
  });

  it('refuses an asynchronous schema, also one that rejects later', async () => {
    for (const answer of [Promise.resolve({ value: 1 }), Promise.reject(new Error('late'))]) {
      const validated = validateEvent(
        contractOf(() => answer),
        {},
      );
      expect(validated).toMatchObject({
        issues: [{ message: 'the schema of the contract is asynchronous' }],
      });
    }
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('answers although the schema itself throws', () => {
    const broken = contractOf(() => {
      throw new TypeError('a bug of the schema');
    });
    expect(validateEvent(broken, {})).toMatchObject({ error: { code: 'CONTRACT_INVALID' } });
  });

  it('writes the path of an issue with dots', () => {
    const issues = [{ message: 'odd', path: ['list', 0, { key: 'name' }] }];
    const answer = validateEvent(
      contractOf(() => ({ issues })),
      {},
    );
    expect(answer).toMatchObject({ issues: [{ path: 'list.0.name', message: 'odd' }] });
  });
});

describe('decodeEvent', () => {
  it('takes a codec that throws something of its own for malformed bytes', () => {
    const decode = () => {
      throw new RangeError('out of bounds');
    };
    const codec = { contentType: 'application/x-lab', encode: () => Buffer.alloc(0), decode };
    const binary = defineContract({ ...base, schema, codec });
    expect(decodeEvent(binary, Buffer.from('x'), null)).toMatchObject({
      reason: 'malformed',
      error: { code: 'CODEC_MALFORMED' },
    });
  });

  it('refuses a tombstone', () => {
    expect(decodeEvent(contract, null, null)).toMatchObject({ reason: 'contract-invalid' });
  });

  it('[S13] never repeats a hostile version', () => {
    const decoded = decodeEvent(contract, Buffer.from('{}'), '\u001b[2Jboo');
    expect('error' in decoded && decoded.error.message).toContain('that is not a number');
  });
});

describe('isEventId', () => {
  it.each([
    ['a', true],
    ['x'.repeat(MAX_EVENT_ID_BYTES), true],
    ['x'.repeat(MAX_EVENT_ID_BYTES + 1), false],
    ['', false],
    ['a b', false],
    ['é', false],
    ['a\u0000', false],
  ])('[ID5] says of %j: %s', (id, isUsable) => {
    expect(isEventId(id)).toBe(isUsable);
  });
});
