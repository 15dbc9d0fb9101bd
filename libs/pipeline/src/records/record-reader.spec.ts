import { defineContract } from 'millrace/contracts';
import { z } from 'zod';
import type { KafkaRecord } from '../ports/record';
import { READING, recordAt } from '../fakes/records';
import { READER_OPTIONS } from '../fakes/settlement.scene';
import { contractReader, plainReader } from './record-reader';

const SOURCE = { topic: 'readings', partition: 3 };
const read = contractReader(READING, READER_OPTIONS);
const readPlain = plainReader(READER_OPTIONS);

const header = (name: string, value: string | null) =>
  ({ headers: [[name, value === null ? null : Buffer.from(value)]] }) as const;
const valued = (value: string | Buffer | null): Partial<KafkaRecord> => ({
  value: typeof value === 'string' ? Buffer.from(value) : value,
});
const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

describe('contractReader', () => {
  it('reads the event, its id and where it came from', () => {
    const raw = recordAt(5, header('ce_id', 'a-1'));
    expect(read(raw, SOURCE)).toEqual({ event: { n: 5 }, eventId: 'a-1', raw, ...SOURCE });
  });

  it.each([
    ['without headers', {}],
    ['with an empty ce_id', header('ce_id', null)],
  ])('gives a record %s an id from its position', (_, more) => {
    expect(read(recordAt(5, more), SOURCE)).toMatchObject({ eventId: 'readings@1:3:5' });
  });

  it('takes the last of repeated headers', () => {
    const headers = ['first', 'last'].map((id) => ['ce_id', Buffer.from(id)] as const);
    expect(read(recordAt(5, { headers }), SOURCE)).toMatchObject({ eventId: 'last' });
  });

  it('[S9] reads one header through the client where the client can', () => {
    const lazy = recordAt(5, {
      header: (name) => (name === 'ce_id' ? Buffer.from('lazy') : null),
    });
    Object.defineProperty(lazy, 'headers', {
      get: () => {
        throw new Error('decoded all headers');
      },
    });
    expect(read(lazy, SOURCE)).toMatchObject({ eventId: 'lazy' });
  });

  it.each(['', 'with space', 'ünicode', 'a\nb', 'x'.repeat(257)])(
    '[S12] refuses the ce_id %j',
    (id) => {
      expect(read(recordAt(5, header('ce_id', id)), SOURCE)).toMatchObject({
        reason: 'contract-invalid',
        error: { code: 'EVENT_ID_INVALID' },
        eventId: null,
      });
    },
  );

  it.each(['2', '0', '-1', '1.5', 'latest', ''])('parks contract version %j', (version) => {
    const answer = read(recordAt(5, header('contract-version', version)), SOURCE);
    expect(answer).toMatchObject({
      reason: 'contract-unknown',
      error: { code: 'CONTRACT_UNKNOWN' },
    });
  });

  it.each([
    ['a tombstone', valued(null), 'contract-invalid', 'CONTRACT_INVALID'],
    ['an event that is not valid', valued('{"n":"x"}'), 'contract-invalid', 'CONTRACT_INVALID'],
    ['text that is not JSON', valued('{"n":'), 'malformed', 'CODEC_MALFORMED'],
    ['no bytes at all', valued(''), 'malformed', 'CODEC_MALFORMED'],
    [
      'bytes that are not UTF-8',
      valued(Buffer.from([0x22, 0xff, 0x22])),
      'malformed',
      'CODEC_MALFORMED',
    ],
    ['a key __proto__', valued('{"n":5,"__proto__":{}}'), 'malformed', 'CODEC_MALFORMED'],
    ['a key twice', valued('{"n":5,"n":6}'), 'malformed', 'CODEC_MALFORMED'],
    ['a rounded integer', valued('{"n":9007199254740993}'), 'malformed', 'CODEC_MALFORMED'],
    ['JSON that is too deep', valued(deep(33)), 'malformed', 'CODEC_MALFORMED'],
    ['a value that is too long', valued('x'.repeat(1_001)), 'too-large', 'RECORD_TOO_LONG'],
    ['what the client could not decode', { malformed: 'headers' }, 'malformed', 'RECORD_MALFORMED'],
  ])('[S5, S9, S10, S12] says what is wrong with %s', (_, more, reason, code) => {
    expect(read(recordAt(5, more), SOURCE)).toMatchObject({ reason, error: { code } });
  });

  it('accepts a value of exactly the longest size', () => {
    const text = `{"n":1${' '.repeat(993)}}`;
    expect(text).toHaveLength(1_000);
    expect(read(recordAt(5, valued(text)), SOURCE)).toMatchObject({ event: { n: 1 } });
  });

  it('answers although the schema itself fails on a value', () => {
    const fragile = defineContract({
      name: 'lab.fragile.seen',
      version: 1,
      topic: 'readings',
      schema: z.object({ n: z.number() }).transform(() => {
        throw new TypeError('a bug of the schema');
      }),
    });
    const answer = contractReader(fragile, READER_OPTIONS)(recordAt(5), SOURCE);
    expect(answer).toMatchObject({
      reason: 'contract-invalid',
      error: { code: 'CONTRACT_INVALID' },
    });
  });
});

describe('plainReader', () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    ['[1]', [1]],
    ['{broken', '{broken'],
    ['42', '42'],
    ['true', 'true'],
    ['text', 'text'],
    ['', ''],
  ])("reads %j as Nest's Kafka transport does", (text, event) => {
    expect(readPlain(recordAt(5, valued(text)), SOURCE)).toMatchObject({ event });
  });

  it('leaves binary values and tombstones as they are', () => {
    const binary = Buffer.from([0, 1, 2]);
    expect(readPlain(recordAt(5, valued(binary)), SOURCE)).toMatchObject({ event: binary });
    expect(readPlain(recordAt(5, valued(null)), SOURCE)).toMatchObject({ event: null });
  });

  it.each([
    ['a key that reaches for the prototype', '{"a":{"__proto__":{"isAdmin":true}}}'],
    ['nesting that later steps cannot walk', `[${'['.repeat(400)}${']'.repeat(400)}]`],
  ])('[S5, S9] refuses %s', (_, text) => {
    const answer = readPlain(recordAt(5, valued(text)), SOURCE);
    expect(answer).toMatchObject({ reason: 'malformed', error: { code: 'RECORD_MALFORMED' } });
  });

  it('[S9] has the same limit of size', () => {
    const answer = readPlain(recordAt(5, valued('x'.repeat(1_001))), SOURCE);
    expect(answer).toMatchObject({ reason: 'too-large' });
  });
});
