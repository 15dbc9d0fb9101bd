import fc from 'fast-check';
import { HandlerFailedError, permanent } from 'millrace/errors';
import { FakeClock } from 'millrace/testing';
import type { Failure } from './dead-letter.headers';
import {
  DEAD_LETTER_HEADERS,
  DEAD_LETTER_REASONS,
  failureHeaders,
  deadLetterTopicOf,
} from './dead-letter.headers';
import { DeadLetterWriter } from './dead-letter.writer';
import { firstFailureOf } from './first-failure';
import type { Headers } from '../ports/record';
import { FakeProducer } from '../fakes/fake-producer';
import { recordAt } from '../fakes/records';
import { ORIGIN } from '../fakes/settlement.scene';
import { DeadLetterUnavailableError } from '../pipeline.errors';

const NOW = Date.UTC(2024, 5, 1, 12);

function failureOf(more: Partial<Failure> = {}): Failure {
  return {
    record: recordAt(42),
    source: { topic: 'readings', partition: 3 },
    reason: 'handler-permanent',
    error: permanent('negative price'),
    attempts: 2,
    firstFailedAtMs: Date.UTC(2024, 5, 1, 11),
    eventId: 'id-42',
    ...more,
  };
}

const withHeaders = (headers: Headers) => failureOf({ record: recordAt(42, { headers }) });

function textsOf(headers: Headers): Record<string, string | undefined> {
  return Object.fromEntries(headers.map(([name, value]) => [name, value?.toString()]));
}

describe('the header contract of dead letters', () => {
  it('[ERR-06] has these names, and no other', () => {
    expect(Object.values(DEAD_LETTER_HEADERS)).toEqual([
      'dead-letter-reason',
      'dead-letter-error-code',
      'dead-letter-error-class',
      'dead-letter-error-message',
      'dead-letter-original-topic',
      'dead-letter-original-partition',
      'dead-letter-original-offset',
      'dead-letter-original-timestamp',
      'dead-letter-consumer-group',
      'dead-letter-pipeline',
      'dead-letter-attempts',
      'dead-letter-failed-at',
      'dead-letter-first-failed-at',
      'dead-letter-event-id',
      'dead-letter-contract',
      'dead-letter-service-version',
      'dead-letter-redrive-count',
      'dead-letter-redrive-id',
      'dead-letter-edited-from',
      'dead-letter-truncated',
      'dead-letter-original-size',
      'dead-letter-undecodable-records',
      'dead-letter-undecodable-last-offset',
      'retry-due-at',
      'retry-tier',
    ]);
    expect(DEAD_LETTER_REASONS).toEqual([
      'malformed',
      'undecodable',
      'contract-invalid',
      'contract-unknown',
      'handler-permanent',
      'attempts-exhausted',
      'sink-rejected',
      'too-large',
      'redrive-limit',
      'manual',
    ]);
    expect(deadLetterTopicOf('readings')).toBe('readings.dead-letter');
  });

  it('[ERR-06] tells where the record came from, why it failed and when', () => {
    expect(textsOf(failureHeaders(failureOf(), ORIGIN, NOW))).toEqual({
      'dead-letter-reason': 'handler-permanent',
      'dead-letter-error-code': 'HANDLER_PERMANENT',
      'dead-letter-error-class': 'HandlerPermanentError',
      'dead-letter-error-message': 'negative price',
      'dead-letter-original-topic': 'readings',
      'dead-letter-original-partition': '3',
      'dead-letter-original-offset': '42',
      'dead-letter-original-timestamp': '2024-01-01T00:00:00.000Z',
      'dead-letter-consumer-group': 'lab',
      'dead-letter-pipeline': 'lab',
      'dead-letter-attempts': '2',
      'dead-letter-failed-at': '2024-06-01T12:00:00.000Z',
      'dead-letter-first-failed-at': '2024-06-01T11:00:00.000Z',
      'dead-letter-event-id': 'id-42',
      'dead-letter-contract': 'lab.reading.taken v1',
      'dead-letter-service-version': '1.0.0',
    });
  });

  it('leaves out what is not known', () => {
    const origin = { ...ORIGIN, contract: null };
    const names = Object.keys(textsOf(failureHeaders(failureOf({ eventId: null }), origin, NOW)));
    expect(names).not.toContain('dead-letter-event-id');
    expect(names).not.toContain('dead-letter-contract');
  });

  it('keeps the original headers byte for byte, in order, repeated names included', () => {
    const originals = [
      ['trace', Buffer.from([0, 255, 10])],
      ['ce_id', Buffer.from('a')],
      ['trace', Buffer.from('second')],
      ['empty', null],
    ] as const;
    const headers = failureHeaders(withHeaders(originals), ORIGIN, NOW);
    expect(headers.slice(0, 4)).toEqual(originals);
  });

  it('[RT3] never overwrites where and when the record failed first', () => {
    const retry = { kind: 'retry', tier: 1, dueAtMs: NOW } as const;
    const headers = failureHeaders(failureOf(), ORIGIN, NOW, retry);
    const record = recordAt(7, { headers, timestampMs: NOW });
    const first = firstFailureOf(record) ?? undefined;
    const again = failureOf({
      record,
      source: { topic: 'readings.retry.1', partition: 9 },
      reason: 'attempts-exhausted',
      firstFailedAtMs: first?.failedAtMs ?? 0,
      first,
    });
    const texts = textsOf(failureHeaders(again, ORIGIN, NOW + 1_000));
    expect(texts).toMatchObject({
      'dead-letter-reason': 'attempts-exhausted',
      'dead-letter-original-topic': 'readings',
      'dead-letter-original-partition': '3',
      'dead-letter-original-offset': '42',
      'dead-letter-original-timestamp': '2024-01-01T00:00:00.000Z',
      'dead-letter-first-failed-at': '2024-06-01T11:00:00.000Z',
      'dead-letter-failed-at': '2024-06-01T12:00:01.000Z',
    });
    expect(Object.keys(texts)).not.toContain('retry-due-at');
  });

  it('believes nothing that a record of a source topic says about itself', () => {
    const forged = [
      ['dead-letter-original-topic', Buffer.from('salaries')],
      ['dead-letter-redrive-count', Buffer.from('99')],
      ['retry-due-at', Buffer.from('2999-01-01T00:00:00.000Z')],
      ['mine', Buffer.from('kept')],
    ] as const;
    const texts = textsOf(failureHeaders(withHeaders(forged), ORIGIN, NOW));
    expect(texts).toMatchObject({ mine: 'kept', 'dead-letter-original-topic': 'readings' });
    expect(Object.keys(texts)).not.toContain('dead-letter-redrive-count');
    expect(Object.keys(texts)).not.toContain('retry-due-at');
  });

  it('[Q3] [F13] points at a range that cannot be decoded, without a value', () => {
    const undecodable = { first: 40n, next: 50n, records: 10, error: permanent('corrupt') };
    const record = recordAt(49, { key: null, value: null, undecodable });
    const failure = failureOf({ record, reason: 'undecodable', attempts: 0, eventId: null });
    expect(textsOf(failureHeaders(failure, ORIGIN, NOW))).toMatchObject({
      'dead-letter-reason': 'undecodable',
      'dead-letter-original-offset': '40',
      'dead-letter-undecodable-last-offset': '49',
      'dead-letter-undecodable-records': '10',
    });
  });

  it('keeps its own headers below 8 KiB, whatever the error says', () => {
    const error = new HandlerFailedError({ message: 'ü'.repeat(100_000) });
    const headers = failureHeaders(failureOf({ error }), ORIGIN, NOW);
    const bytes = headers.reduce(
      (sum, [name, value]) => sum + name.length + (value?.length ?? 0),
      0,
    );
    expect(bytes).toBeLessThan(8_192);
  });

  it('[S13] keeps the message on one line without control characters, at most 1,024 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 1_500 }), (message) => {
        const error = new HandlerFailedError({ message });
        const texts = textsOf(failureHeaders(failureOf({ error }), ORIGIN, NOW));
        const shown = texts['dead-letter-error-message'] ?? '';

        expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
        expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(1_024);
      }),
      { numRuns: 500 },
    );
    const error = new HandlerFailedError({ message: 'a\r\nFAKE line\u001b[2J' });
    const texts = textsOf(failureHeaders(failureOf({ error }), ORIGIN, NOW));
    expect(texts['dead-letter-error-message']).toBe('a\\u000d\\u000aFAKE line\\u001b[2J');
  });

  it('copes with a timestamp that is no date', () => {
    const record = recordAt(1, { timestampMs: 9e15 });
    const texts = textsOf(failureHeaders(failureOf({ record }), ORIGIN, NOW));
    expect(texts['dead-letter-original-timestamp']).toBe('9000000000000000');
  });
});

describe('DeadLetterWriter', () => {
  const scene = () => {
    const producer = new FakeProducer();
    return { producer, writer: new DeadLetterWriter(producer, new FakeClock()) };
  };

  it('keeps key and value as they were', async () => {
    const { producer, writer } = scene();
    const record = recordAt(1, { key: Buffer.from([255, 0]), value: Buffer.from([254, 1, 0]) });
    await writer.write([failureOf({ record })], ORIGIN);
    expect(producer.published).toMatchObject([
      { topic: 'readings.dead-letter', key: record.key, value: record.value },
    ]);
  });

  it('keeps a tombstone a tombstone', async () => {
    const { producer, writer } = scene();
    await writer.write([failureOf({ record: recordAt(1, { key: null, value: null }) })], ORIGIN);
    expect(producer.published).toMatchObject([{ key: null, value: null }]);
  });

  it.each(['failed', 'unknown'] as const)(
    'refuses to call a letter written that is %s',
    async (status) => {
      const { producer, writer } = scene();
      producer.answer = () => ({ status, error: new DeadLetterUnavailableError() });
      await expect(writer.write([failureOf()], ORIGIN)).rejects.toThrow(DeadLetterUnavailableError);
    },
  );

  it('refuses to call a letter written that got no answer', async () => {
    const { producer, writer } = scene();
    producer.publish = async () => [];
    await expect(writer.write([failureOf()], ORIGIN)).rejects.toThrow('no answer');
  });

  it('cuts the value of a letter that no broker takes, and says so', async () => {
    const { producer, writer } = scene();
    const tooLarge = permanent('record too large');
    producer.answer = ({ value }) =>
      (value?.length ?? 0) > 1_024 ? { status: 'failed', error: tooLarge } : null;
    const big = recordAt(1, { value: Buffer.alloc(5_000, 'x') });
    await writer.write([failureOf({ record: big }), failureOf()], ORIGIN);
    const [small, cut] = producer.published;
    expect(textsOf(small?.headers ?? [])).not.toHaveProperty('dead-letter-truncated');
    expect(cut?.value).toEqual(Buffer.alloc(1_024, 'x'));
    expect(textsOf(cut?.headers ?? [])).toMatchObject({
      'dead-letter-truncated': 'value',
      'dead-letter-original-size': '5000',
    });
  });

  it('cuts a large value although the record brings a header that says it is cut', async () => {
    const { producer, writer } = scene();
    producer.answer = ({ value }) =>
      (value?.length ?? 0) > 1_024 ? { status: 'failed', error: permanent('too large') } : null;
    const headers = [['dead-letter-truncated', Buffer.from('value')]] as const;
    const record = recordAt(1, { value: Buffer.alloc(5_000, 'x'), headers });
    await writer.write([failureOf({ record })], ORIGIN);
    expect(producer.published[0]?.value).toHaveLength(1_024);
  });

  it('drops the original headers when they alone are too large, and says so', async () => {
    const { producer, writer } = scene();
    const sizeOf = (headers: Headers) =>
      headers.reduce((sum, [, value]) => sum + (value?.length ?? 0), 0);
    producer.answer = ({ headers }) =>
      sizeOf(headers) > 8_192 ? { status: 'failed', error: permanent('too large') } : null;
    const headers = [['flood', Buffer.alloc(20_000)]] as const;
    await writer.write([failureOf({ record: recordAt(1, { headers }) })], ORIGIN);
    expect(textsOf(producer.published[0]?.headers ?? [])).toMatchObject({
      'dead-letter-truncated': 'headers',
      'dead-letter-original-offset': '1',
    });
  });

  it('writes nothing of it and waits when not even the headers are taken', async () => {
    const { producer, writer } = scene();
    producer.answer = () => ({ status: 'failed', error: permanent('too large') });
    await expect(writer.write([failureOf()], ORIGIN)).rejects.toThrow(DeadLetterUnavailableError);
  });
});
