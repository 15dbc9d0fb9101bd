import { monitorEventLoopDelay } from 'node:perf_hooks';
import { gzipSync } from 'node:zlib';
import type { Headers, KafkaRecord } from 'millrace/pipeline';
import { MAX_DECOMPRESSED_BYTES } from '../codecs/codec';
import { registerCodecs } from '../codecs/register-codecs';
import { encodeBatch } from './batch.fixture';
import type { BatchToEncode } from './batch.fixture';
import { aDecoder, decodeFrom } from './fetch-answer.fixture';

const MIB = 1024 * 1024;

/** Reads offsets 0 (good), 1 to `next` (hostile) and `next` (good), as a consumer does: fetch by fetch. */
async function readPast(hostile: Buffer, next: bigint, verifyCrc = false) {
  const good = (baseOffset: bigint) =>
    encodeBatch({ baseOffset, records: [{ value: Buffer.from('good') }] });
  const decoder = aDecoder(verifyCrc);
  const records: KafkaRecord[] = [];
  let from = 0n;
  let fetches = 0;
  while (from <= next) {
    fetches += 1;
    if (fetches > 6) throw new Error('it spins');
    const batches = [good(0n), hostile, good(next)];
    // A broker begins with the batch that holds the offset.
    const at = from === 0n ? 0 : from < next ? 1 : 2;
    const range = await decodeFrom(
      from,
      { batches: batches.slice(at), highWatermark: next + 1n },
      decoder,
    );
    records.push(...(range?.records ?? []));
    from = range?.nextOffset ?? from;
  }
  expect(String(records[0]?.value)).toBe('good');
  expect(records.at(-1)).toMatchObject({ offset: next, value: Buffer.from('good') });
  return records.slice(1, -1);
}

async function rangeOf(batch: BatchToEncode, next: bigint, verifyCrc = false) {
  const records = await readPast(encodeBatch({ baseOffset: 1n, ...batch }), next, verifyCrc);
  expect(records).toHaveLength(1);
  expect(records[0]).toMatchObject({ offset: 1n, key: null, value: null, headers: [] });
  return records[0]?.undecodable;
}

const emptyRecords = (count: number) => Array.from({ length: count }, () => ({}));

describe('a hostile batch', () => {
  beforeAll(() => registerCodecs());

  it('with a record of 10,000 headers gives one malformed record, in time [K3] [S2] [F13]', async () => {
    const headers: Headers = Array.from({ length: 10_000 }, (_, i) => [`h${i}`, null] as const);
    const batch = encodeBatch({ baseOffset: 1n, records: [{ headers }, {}] });
    const startedAt = performance.now();
    const [crowded, next] = await readPast(batch, 3n);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(crowded).toMatchObject({ offset: 1n, malformed: 'too-many-headers' });
    expect(crowded?.headers).toHaveLength(48);
    expect(next?.malformed).toBeUndefined();
  });

  it('with 64 headers is honest, with 65 it is not [K3]', async () => {
    const of = (count: number) => ({
      headers: Array.from({ length: count }, () => ['h', null] as const),
    });
    const batch = encodeBatch({ baseOffset: 1n, records: [of(64), of(65)] });
    const [kept, refused] = await readPast(batch, 3n);
    expect(kept?.headers).toHaveLength(64);
    expect(kept?.malformed).toBeUndefined();
    expect(refused?.malformed).toBe('too-many-headers');
  });

  it('of 200,000 records stands for its range; at the limit it is read [K2] [R2] [S3] [F13]', async () => {
    const range = await rangeOf({ records: emptyRecords(200_000) }, 200_001n);
    expect(range).toMatchObject({
      first: 1n,
      next: 200_001n,
      records: 200_000,
      error: { code: 'BATCH_TOO_MANY_RECORDS' },
    });
    const atLimit = encodeBatch({ baseOffset: 1n, records: emptyRecords(100_000) });
    expect(await readPast(atLimit, 100_001n)).toHaveLength(100_000);
  });

  it('of many records lets the event loop run [K2]', async () => {
    const batches = Array.from({ length: 3 }, (_, index) =>
      encodeBatch({ baseOffset: BigInt(index) * 100_000n, records: emptyRecords(100_000) }),
    );
    // The first run is compiled while it runs.
    await decodeFrom(0n, { batches: batches.slice(0, 1) });
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const range = await decodeFrom(0n, { batches });
    await new Promise((resolve) => setTimeout(resolve, 20));
    delay.disable();
    expect(range?.records).toHaveLength(300_000);
    expect(delay.max / 1e6).toBeLessThan(500);
  });

  it('that would expand beyond the limit costs no memory [K1] [S1] [F13]', async () => {
    const bomb = gzipSync(Buffer.alloc(256 * MIB));
    const before = process.memoryUsage().rss;
    const range = await rangeOf(
      { records: emptyRecords(2), attributes: 1, compress: () => bomb },
      3n,
    );
    expect(range).toMatchObject({
      next: 3n,
      records: 2,
      error: { code: 'CODEC_OUTPUT_TOO_LARGE' },
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * MIB);
  });

  it('just below the limit ends its fetch: many of them are not decoded at once [K1] [S1]', async () => {
    const value = Buffer.alloc(MAX_DECOMPRESSED_BYTES - 1024);
    const batch = (baseOffset: bigint) =>
      encodeBatch({ baseOffset, records: [{ value }], attributes: 1, compress: gzipSync });
    const batches = [batch(0n), batch(1n), batch(2n)];
    const range = await decodeFrom(0n, { batches });
    expect(range?.records).toHaveLength(2);
    expect(range?.nextOffset).toBe(2n);
  });

  it.each([
    ['corrupt gzip', 1, 'CODEC_CORRUPT'],
    ['corrupt snappy', 2, 'CODEC_CORRUPT'],
    ['corrupt lz4', 3, 'CODEC_CORRUPT'],
    ['corrupt zstd', 4, 'CODEC_CORRUPT'],
    ['a codec that nobody has', 6, 'CODEC_MISSING'],
  ])('of %s stands for its range [R3] [R4] [F13]', async (_what, attributes, code) => {
    const compress = () => Buffer.from('this is no compressed data at all');
    const range = await rangeOf({ records: emptyRecords(3), attributes, compress }, 4n);
    expect(range).toMatchObject({ first: 1n, next: 4n, records: 3, error: { code } });
  });

  it.each<[string, Partial<BatchToEncode>]>([
    ['fewer records than it says', { recordCount: 3 }],
    ['more bytes than records', { recordCount: 1 }],
    ['a negative number of records', { recordCount: -5 }],
    ['offsets that go back', { records: [{ offsetDelta: 1 }, { offsetDelta: 0 }] }],
    ['an offset behind its end', { records: [{}, { offsetDelta: 9 }] }],
  ])('with %s stands for its range', async (_what, batch) => {
    const range = await rangeOf({ records: [{}, {}], lastOffsetDelta: 1, ...batch }, 3n);
    expect(range).toMatchObject({ first: 1n, next: 3n, error: { code: 'BATCH_CORRUPT' } });
  });

  it('of an older format is neither decoded nor skipped silently', async () => {
    const range = await rangeOf({ records: [{}], magic: 1 }, 2n);
    expect(range).toMatchObject({ next: 2n, records: 1, error: { code: 'BATCH_CORRUPT' } });
  });

  it('with a flipped byte is found when checksums are compared [K4] [S4]', async () => {
    const damaged = Buffer.from(
      encodeBatch({ baseOffset: 1n, records: [{ value: Buffer.from('12.50') }] }),
    );
    damaged[damaged.length - 2] = (damaged.at(-2) ?? 0) ^ 1;
    const [unnoticed] = await readPast(damaged, 2n);
    expect(unnoticed?.undecodable).toBeUndefined();
    const [found] = await readPast(damaged, 2n, true);
    expect(found?.undecodable).toMatchObject({ next: 2n, error: { code: 'BATCH_CHECKSUM' } });
  });

  it.each([20, -1, 0, 1_000_000])(
    'of length %d is passed over after three fetches, as the range that its header names',
    async (length) => {
      const broken = Buffer.from(encodeBatch({ baseOffset: 1n, records: [{}, {}] }));
      broken.writeInt32BE(length, 8);
      const [record] = await readPast(broken, 3n);
      expect(record).toMatchObject({
        offset: 1n,
        undecodable: { first: 1n, next: 3n, records: 2, error: { code: 'BATCH_FRAME_BROKEN' } },
      });
    },
  );

  it('whose header is no help is passed over one offset at a time', async () => {
    const decoder = aDecoder();
    const rubbish = { batches: [Buffer.alloc(80, 0xff)], highWatermark: 9n };
    expect(await decodeFrom(4n, rubbish, decoder)).toBeNull();
    expect(await decodeFrom(4n, rubbish, decoder)).toBeNull();
    const range = await decodeFrom(4n, rubbish, decoder);
    expect(range?.records[0]?.undecodable).toMatchObject({ first: 4n, next: 5n, records: 1 });
  });

  it('does not swallow what follows it when its header lies about its end', async () => {
    const liar = encodeBatch({
      baseOffset: 1n,
      records: [{}],
      attributes: 6,
      lastOffsetDelta: 500_000,
    });
    const [record] = await readPast(liar, 2n);
    expect(record?.undecodable).toMatchObject({ first: 1n, next: 2n });
  });
});
