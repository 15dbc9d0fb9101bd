import { createRequire } from 'node:module';
import fc from 'fast-check';
import { CompressionCodecs } from 'kafkajs';
import type { KafkaRecord } from 'millrace/pipeline';
import goldenBatches from '../codecs/golden-batches.json';
import { registerCodecs } from '../codecs/register-codecs';
import { encodeBatch } from './batch.fixture';
import type { RecordToEncode } from './batch.fixture';
import { aDecoder, decodeFrom, encodeAnswer } from './fetch-answer.fixture';

const requireHere = createRequire(__filename);

interface VendorMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | null | Array<Buffer | null>>>;
}

interface VendorPartition {
  readonly messages: readonly VendorMessage[];
}

const vendorOf = (version: number) =>
  requireHere(`kafkajs/src/protocol/requests/fetch/v${version}/response`) as {
    decode(raw: Buffer): Promise<{ responses: Array<{ partitions: VendorPartition[] }> }>;
  };
const VendorBatch = requireHere('kafkajs/src/consumer/batch') as new (
  topic: string,
  first: string,
  partition: VendorPartition,
) => { readonly messages: readonly VendorMessage[]; lastOffset(): string };

/** What kafkajs itself would hand to a batch call. */
async function askVendor(version: number, raw: Buffer, first: bigint) {
  const { responses } = await vendorOf(version).decode(raw);
  const partition = responses[0]?.partitions[0];
  if (partition === undefined) throw new Error('no partition');
  return new VendorBatch('t', String(first), partition);
}

const hex = (content: Buffer | null) => content?.toString('hex') ?? null;
const byName = (headers: ReadonlyArray<readonly [string, Buffer | null]>) =>
  headers.reduce<Record<string, unknown[]>>((folded, [name, value]) => {
    (folded[name] ??= []).push(hex(value));
    return folded;
  }, {});
const ourFacts = ({ offset, timestampMs, key, value, headers }: KafkaRecord) => ({
  offset: String(offset),
  timestamp: String(timestampMs),
  key: hex(key),
  value: hex(value),
  headers: byName(headers),
});
const vendorFacts = ({ offset, timestamp, key, value, headers }: VendorMessage) => ({
  offset,
  timestamp,
  key: hex(key),
  value: hex(value),
  headers: byName(
    Object.entries(headers).flatMap(([name, content]) =>
      [content].flat().map((one) => [name, one] as const),
    ),
  ),
});

const bytes = fc.uint8Array({ maxLength: 300 }).map((content) => Buffer.from(content));
const maybeBytes: fc.Arbitrary<Buffer | null> = fc.option(bytes, { nil: null });
const aRecord: fc.Arbitrary<RecordToEncode> = fc.record({
  timestampDeltaMs: fc.bigInt({ min: -(2n ** 40n), max: 2n ** 52n }),
  key: maybeBytes,
  value: maybeBytes,
  headers: fc.array(fc.tuple(fc.stringMatching(/^[a-zé_-]{0,6}$/), maybeBytes), { maxLength: 6 }),
});
const aBatch = fc.record({
  records: fc.array(aRecord, { minLength: 1, maxLength: 8 }),
  flags: fc.constantFrom(0, 0x08),
  codec: fc.constantFrom(0, 1, 2, 3, 4),
});
type BatchCase = typeof aBatch extends fc.Arbitrary<infer T> ? T : never;

type Packer = () => { compress(encoder: { buffer: Buffer }): Promise<Buffer> };

async function encodeCase({ records, flags, codec }: BatchCase, baseOffset: bigint) {
  const plain = { records, attributes: flags, baseOffset, maxTimestampMs: 1_800_000_000_000n };
  if (codec === 0) return encodeBatch(plain);
  const table = CompressionCodecs as unknown as Record<number, Packer>;
  const packed = await table[codec]?.().compress({ buffer: encodeBatch(plain).subarray(61) });
  if (packed === undefined) throw new Error('no codec');
  return encodeBatch({ ...plain, attributes: flags | codec, compress: () => packed });
}

describe('FetchDecoder', () => {
  beforeAll(() => registerCodecs());

  it('finds in honest batches what kafkajs finds, in each version and codec [P19] [X9]', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(aBatch, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(4, 5, 6, 7, 8, 9, 10, 11),
        fc.bigInt({ min: 0n, max: 12n }),
        async (cases, version, skipped) => {
          const base = 2n ** 40n;
          const batches: Buffer[] = [];
          let end = base;
          for (const one of cases) {
            batches.push(await encodeCase(one, end));
            end += BigInt(one.records.length);
          }
          const first = skipped < end - base ? base + skipped : base;
          const raw = encodeAnswer(version, [{ batches, highWatermark: end }]);
          const theirs = await askVendor(version, raw, first);
          const asked = [
            { topic: 't', partitions: [{ partition: 0, fetchOffset: String(first) }] },
          ];
          const answer = await aDecoder(true).decode(version, raw, asked);
          const range = answer.responses[0]?.partitions[0]?.messages[0]?.range;
          expect(range?.records.map(ourFacts)).toEqual(theirs.messages.map(vendorFacts));
          expect(range?.nextOffset).toBe(BigInt(theirs.lastOffset()) + 1n);
          for (const record of range?.records ?? []) {
            for (const [name] of record.headers) {
              const last = record.headers.findLast(([one]) => one === name);
              expect(record.header?.(name)).toEqual(last?.[1]);
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each([4, 7, 8, 11])(
    'reads the header of an answer of version %d as kafkajs does',
    async (v) => {
      const raw = encodeAnswer(v, [
        { errorCode: 3, highWatermark: 9n, batches: [] },
        { partition: 1, batches: [encodeBatch({ records: [{}] })] },
      ]);
      const answer = await aDecoder().decode(v, raw, []);
      const plain = (decoded: unknown) =>
        JSON.parse(
          JSON.stringify(decoded, (name, value: unknown) =>
            ['messages', 'abortedTransactions'].includes(name) ? undefined : value,
          ),
        ) as unknown;
      expect(plain(answer)).toEqual(plain(await vendorOf(v).decode(raw)));
    },
  );

  it.each(Object.entries(goldenBatches))(
    'reads the batch of %s [P19]',
    async (_writer, encoded) => {
      const range = await decodeFrom(
        0n,
        { batches: [Buffer.from(encoded, 'base64')] },
        aDecoder(true),
      );
      expect(range?.records).toHaveLength(200);
      for (const [index, record] of (range?.records ?? []).entries()) {
        expect(String(record.key)).toBe(`key-${index}`);
        expect(String(record.header?.('ce_id'))).toBe(`id-${index}`);
        expect(record.undecodable).toBeUndefined();
      }
    },
  );

  it('keeps repeated headers in order; the last one wins [X9]', async () => {
    const headers = [
      ['a', Buffer.from('1')],
      ['b', null],
      ['a', Buffer.from('2')],
    ] as const;
    const range = await decodeFrom(0n, { batches: [encodeBatch({ records: [{ headers }] })] });
    expect(range?.records[0]?.headers).toEqual(headers);
    expect(String(range?.records[0]?.header?.('a'))).toBe('2');
    expect(range?.records[0]?.header?.('b')).toBeNull();
    const reread = range?.records.map((record) => record.header?.('é'));
    expect(reread).toEqual([null]);
    expect(range?.records[0]?.header?.('c')).toBeNull();
  });

  it('begins at the offset that was asked for, in the middle of a batch', async () => {
    const batch = encodeBatch({ baseOffset: 10n, records: [{}, {}, {}] });
    const range = await decodeFrom(11n, { batches: [batch] });
    expect(range?.records.map(({ offset }) => offset)).toEqual([11n, 12n]);
  });

  it('keeps an offset that a number cannot hold [X10]', async () => {
    const baseOffset = 2n ** 53n;
    const range = await decodeFrom(baseOffset, {
      batches: [encodeBatch({ baseOffset, records: [{}, {}] })],
      highWatermark: baseOffset + 2n,
    });
    expect(range?.records.map(({ offset }) => offset)).toEqual([baseOffset, baseOffset + 1n]);
  });

  it('leaves a last batch that the fetch cut off to the next fetch, wherever it was cut', async () => {
    const whole = encodeBatch({ records: [{ value: Buffer.from('whole') }] });
    const cut = encodeBatch({ baseOffset: 1n, records: [{ value: Buffer.from('cut') }] });
    for (let kept = 0; kept < cut.length; kept += 1) {
      const range = await decodeFrom(0n, { batches: [whole, cut.subarray(0, kept)] });
      expect(range?.records.map(({ value }) => String(value))).toEqual(['whole']);
      expect(range?.nextOffset).toBe(1n);
    }
  });

  it('steps over control records and what compaction removed, at once and not one by one [X5]', async () => {
    const emptied = encodeBatch({ records: [], recordCount: 0, lastOffsetDelta: 4 });
    const commit = encodeBatch({
      baseOffset: 5n,
      attributes: 0x30,
      records: [{ key: Buffer.from([0, 0, 0, 1]) }],
    });
    expect(await decodeFrom(0n, { batches: [emptied, commit] })).toMatchObject({
      records: [],
      nextOffset: 6n,
    });
  });

  it('leaves out what an aborted transaction wrote, and nothing else', async () => {
    const write = (baseOffset: bigint, producerId: bigint, attributes = 0x10) =>
      encodeBatch({ baseOffset, producerId, attributes, records: [{ key: Buffer.alloc(4) }] });
    const end = (baseOffset: bigint, producerId: bigint, type: number) =>
      encodeBatch({
        baseOffset,
        producerId,
        attributes: 0x30,
        records: [{ key: Buffer.from([0, 0, 0, type]) }],
      });
    const range = await decodeFrom(0n, {
      aborted: [[7n, 0n]],
      batches: [
        write(0n, 7n),
        write(1n, 8n),
        write(2n, 7n),
        write(3n, 7n, 0),
        end(4n, 7n, 0),
        write(5n, 7n),
        end(6n, 7n, 1),
        end(7n, 8n, 1),
      ],
    });
    expect(range?.records.map(({ offset }) => offset)).toEqual([1n, 3n, 5n]);
    expect(range?.nextOffset).toBe(8n);
  });

  it('answers any bytes, never spins and never goes back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(aRecord, { minLength: 1, maxLength: 4 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        async (records, flips) => {
          const batch = Buffer.from(encodeBatch({ records, baseOffset: 5n }));
          for (const [at, byte] of flips) batch[at % batch.length] = byte;
          const decoder = aDecoder();
          let range = null;
          // A broken length is given three fetches.
          for (let fetches = 0; fetches < 3 && range === null; fetches += 1) {
            range = await decodeFrom(5n, { batches: [batch], highWatermark: 9n }, decoder);
          }
          expect(range?.nextOffset).toBeGreaterThan(5n);
          for (const record of range?.records ?? []) {
            expect(Array.isArray(record.headers)).toBe(true);
            expect(record.offset).toBeGreaterThanOrEqual(5n);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
