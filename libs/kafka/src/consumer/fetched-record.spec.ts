import type { Batch, KafkaMessage } from 'kafkajs';
import type { Offset } from 'millrace/pipeline';
import { FetchedRecord } from './fetched-record';
import { toFetchedBatch } from './fetched-batch';

const message = (rest: Record<string, unknown> = {}): KafkaMessage => ({
  offset: '9007199254740993',
  timestamp: '1700000000123',
  key: Buffer.from('k'),
  value: Buffer.from('value'),
  attributes: 0,
  headers: {},
  ...rest,
});

describe('FetchedRecord', () => {
  it('keeps an offset that a number cannot hold [X10]', () => {
    const { offset } = new FetchedRecord(message());
    const typed: Offset = offset;
    expect(typed).toBe(9_007_199_254_740_993n);
  });

  it('carries time, key and value, a tombstone and a missing key included', () => {
    expect(new FetchedRecord(message())).toMatchObject({
      timestampMs: 1_700_000_000_123,
      key: Buffer.from('k'),
      value: Buffer.from('value'),
    });
    expect(new FetchedRecord(message({ key: null, value: null }))).toMatchObject({
      key: null,
      value: null,
    });
  });

  it('unfolds a repeated header, text and null included [X9]', () => {
    const { headers } = new FetchedRecord(
      message({
        headers: {
          a: [Buffer.from('1'), Buffer.from('2')],
          b: 'text',
          c: null,
          d: Buffer.from('x'),
        },
      }),
    );
    expect(headers).toEqual([
      ['a', Buffer.from('1')],
      ['a', Buffer.from('2')],
      ['b', Buffer.from('text')],
      ['c', null],
      ['d', Buffer.from('x')],
    ]);
  });

  it('decodes headers when they are read, and once', () => {
    let reads = 0;
    const record = new FetchedRecord(
      message({
        headers: {
          get a() {
            reads += 1;
            return Buffer.from('1');
          },
        },
      }),
    );
    expect(reads).toBe(0);
    expect(record.headers).toBe(record.headers);
    expect(reads).toBe(1);
  });

  it('has no headers where the format has none', () => {
    expect(new FetchedRecord(message({ headers: undefined })).headers).toEqual([]);
  });
});

describe('toFetchedBatch', () => {
  const batch = (rest: Record<string, unknown>): Batch =>
    ({
      topic: 't',
      partition: 1,
      highWatermark: '100',
      messages: [message({ offset: '5' })],
      lastOffset: () => '5',
      ...rest,
    }) as unknown as Batch;

  it('ends behind the last record', () => {
    expect(toFetchedBatch(batch({})).nextOffset).toBe(6n);
  });

  it('ends behind control records that were filtered', () => {
    expect(toFetchedBatch(batch({ lastOffset: () => '6' })).nextOffset).toBe(7n);
  });

  it('ends behind records that compaction removed at the end of the batch', () => {
    const rawMessages = [{ batchContext: { firstOffset: '2', lastOffsetDelta: 40 } }];
    expect(toFetchedBatch(batch({ rawMessages })).nextOffset).toBe(43n);
  });

  it('counts the bytes of keys and values', () => {
    expect(toFetchedBatch(batch({})).bytes).toBe(6);
  });
});
