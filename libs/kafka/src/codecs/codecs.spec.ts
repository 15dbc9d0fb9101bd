import { createRequire } from 'node:module';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { CompressionCodecs, CompressionTypes } from 'kafkajs';
import goldenBatches from './golden-batches.json';
import { lz4BoundOf, lz4Codec } from './lz4.codec';
import { gzipCodec } from './gzip.codec';
import { MAX_DECOMPRESSED_BYTES } from './codec';
import type { Codec } from './codec';
import { registerCodecs } from './register-codecs';
import { snappyCodec } from './snappy.codec';
import { zstdBoundOf } from './zstd.bound';
import { loadZstd, zstdCodec } from './zstd.codec';
import type { ZstdEngine } from './zstd.codec';

const MIB = 1024 * 1024;
const NAMES = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
type Name = (typeof NAMES)[number];

const requireHere = createRequire(__filename);
const decodeBatch = requireHere('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: unknown,
) => Promise<{ records: Array<{ key: Buffer; value: Buffer; headers: Record<string, Buffer> }> }>;
const Decoder = requireHere('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => unknown;

const sample = Buffer.from('gold silver platinum palladium copper '.repeat(5_000));

describe('codecs', () => {
  let zstd: ZstdEngine;

  beforeAll(async () => {
    zstd = await loadZstd();
    await registerCodecs();
  });

  const codecOf = (name: Name, limitBytes: number): Codec => {
    switch (name) {
      case 'gzip':
        return gzipCodec(limitBytes);
      case 'snappy':
        return snappyCodec(limitBytes);
      case 'lz4':
        return lz4Codec(limitBytes);
      case 'zstd':
        return zstdCodec(zstd, limitBytes);
    }
  };

  it.each(Object.entries(goldenBatches))(
    'reads the batch that was written by %s [P19]',
    async (_writer, encoded) => {
      const { records } = await decodeBatch(new Decoder(Buffer.from(encoded, 'base64')));
      expect(records).toHaveLength(200);
      for (const [index, { key, value, headers }] of records.entries()) {
        expect(String(key)).toBe(`key-${index}`);
        expect(JSON.parse(String(value))).toMatchObject({ metal: 'gold', number: index });
        expect(String(headers['ce_id'])).toBe(`id-${index}`);
      }
    },
  );

  it('has golden batches of three writers for each codec', () => {
    const writers = ['java', 'librdkafka', 'millrace'];
    const expected = writers.flatMap((writer) => NAMES.map((name) => `${writer}/${name}`));
    expect(Object.keys(goldenBatches).sort()).toEqual(expected.sort());
  });

  it.each(NAMES)('%s gives back what it was given', async (name) => {
    const codec = codecOf(name, MIB);
    const compressed = await codec.compress({ buffer: sample });
    expect(compressed.length).toBeLessThan(sample.length / 2);
    expect((await codec.decompress(compressed)).equals(sample)).toBe(true);
  });

  it.each(NAMES)(
    '%s takes a batch of exactly its limit and refuses one byte more',
    async (name) => {
      // A whole number of LZ4 blocks: its bound counts each as full.
      const atLimit = Buffer.alloc(256 * 1024, 7);
      const compressed = await codecOf(name, MIB).compress({ buffer: atLimit });
      const taken = await codecOf(name, atLimit.length).decompress(compressed);
      expect(taken.length).toBe(atLimit.length);
      await expect(codecOf(name, atLimit.length - 1).decompress(compressed)).rejects.toMatchObject({
        code: 'CODEC_OUTPUT_TOO_LARGE',
      });
    },
  );

  it.each(NAMES)('%s refuses a bomb without the memory for it [S1] [K1]', async (name) => {
    const bomb = await codecOf(name, 512 * MIB).compress({ buffer: Buffer.alloc(256 * MIB) });
    expect(bomb.length).toBeLessThan(16 * MIB);
    global.gc?.();
    const before = process.memoryUsage().rss;
    await expect(codecOf(name, MAX_DECOMPRESSED_BYTES).decompress(bomb)).rejects.toMatchObject({
      code: 'CODEC_OUTPUT_TOO_LARGE',
      failure: 'permanent',
      // kafkajs would fetch and decompress the same batch five times more.
      retriable: false,
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * MIB);
  });

  it.each(NAMES)('%s says corrupt, whatever it is given', async (name) => {
    const codec = codecOf(name, MIB);
    const good = await codec.compress({ buffer: sample });
    const broken = [
      Buffer.from('not compressed at all, just text'),
      good.subarray(0, Math.floor(good.length / 2)),
      Buffer.alloc(64, 0xff),
      Buffer.alloc(0),
    ];
    for (const bytes of broken) {
      const outcome = await codec.decompress(bytes).catch((error: unknown) => error);
      // A prefix of snappy may decode to fewer bytes than it declares; it never throws anything else.
      if (!Buffer.isBuffer(outcome)) {
        expect(outcome).toMatchObject({ code: 'CODEC_CORRUPT', retriable: false });
      }
    }
    await expect(codec.decompress(Buffer.alloc(64, 0xff))).rejects.toMatchObject({
      code: 'CODEC_CORRUPT',
    });
  });

  it('snappy reads the framing of the Java client, and sums its chunks against the limit', async () => {
    const codec = snappyCodec(MIB);
    const chunk = await codec.compress({ buffer: Buffer.alloc(600 * 1024, 1) });
    const length = Buffer.alloc(4);
    length.writeInt32BE(chunk.length);
    const header = Buffer.from('82534e41505059000000000100000001', 'hex');
    const framed = (count: number) =>
      Buffer.concat([header, ...Array.from({ length: count }, () => [length, chunk]).flat()]);
    expect((await codec.decompress(framed(1))).length).toBe(600 * 1024);
    await expect(codec.decompress(framed(2))).rejects.toMatchObject({
      code: 'CODEC_OUTPUT_TOO_LARGE',
    });
  });

  it('lz4 bounds 64 MiB of zeros exactly, and counts every frame', async () => {
    const codec = lz4Codec(512 * MIB);
    const one = await codec.compress({ buffer: Buffer.alloc(MAX_DECOMPRESSED_BYTES) });
    expect(lz4BoundOf(one)).toBe(MAX_DECOMPRESSED_BYTES);
    expect(lz4BoundOf(Buffer.concat([one, one]))).toBe(2 * MAX_DECOMPRESSED_BYTES);
  });

  it('zstd bounds a frame without a content size by its blocks, and counts every frame', async () => {
    const java = Buffer.from(goldenBatches['java/zstd'], 'base64').subarray(61);
    const plain = await zstdCodec(zstd, MIB).decompress(java);
    expect(zstdBoundOf(java)).toBeGreaterThanOrEqual(plain.length);
    expect(zstdBoundOf(java)).toBeLessThanOrEqual(128 * 1024);
    const sized = await zstd.compress(sample);
    expect(zstdBoundOf(sized)).toBe(sample.length);
    expect(zstdBoundOf(Buffer.concat([sized, sized]))).toBe(2 * sample.length);
  });

  it('zstd uses the engine of Node where there is one', async () => {
    const engine = await loadZstd({
      zstdCompress: (input, callback) => callback(null, deflateRawSync(input)),
      zstdDecompress: (input, { maxOutputLength }, callback) =>
        callback(null, Buffer.from(`${input.length} of ${maxOutputLength}`)),
    });
    expect(String(await engine.decompress(Buffer.alloc(3), 77))).toBe('3 of 77');
  });

  it('zstd can be loaded again while it is used: every driver of a process does', async () => {
    const [first, second] = await Promise.all([loadZstd(), loadZstd()]);
    const calls = Array.from({ length: 20 }, async (_, index) => {
      if (index % 5 === 0) await loadZstd();
      const compressed = await first.compress(sample);
      return second.decompress(compressed, sample.length);
    });
    for (const output of await Promise.all(calls)) expect(output.equals(sample)).toBe(true);
  });

  it('gzip ignores what the trailer claims about the size', async () => {
    const lying = gzipSync(Buffer.alloc(2 * MIB));
    lying.writeUInt32LE(1, lying.length - 4);
    await expect(gzipCodec(MIB).decompress(lying)).rejects.toMatchObject({
      code: 'CODEC_OUTPUT_TOO_LARGE',
    });
  });

  it('registers all four in the table of the client, once', async () => {
    const table = CompressionCodecs as Record<number, () => Codec>;
    const types = [
      CompressionTypes.GZIP,
      CompressionTypes.Snappy,
      CompressionTypes.LZ4,
      CompressionTypes.ZSTD,
    ];
    const before = types.map((type) => table[type]?.());
    await registerCodecs();
    expect(types.map((type) => table[type]?.())).toEqual(before);
    for (const codec of before) {
      const compressed = await codec?.compress({ buffer: sample });
      expect(compressed === undefined ? 0 : compressed.length).toBeGreaterThan(0);
    }
  });
});
