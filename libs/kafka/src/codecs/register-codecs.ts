import { CompressionCodecs, CompressionTypes } from 'kafkajs';
import { MAX_DECOMPRESSED_BYTES } from './codec';
import { gzipCodec } from './gzip.codec';
import { lz4Codec } from './lz4.codec';
import { snappyCodec } from './snappy.codec';
import { loadZstd, zstdCodec } from './zstd.codec';

const REGISTERED = Symbol.for('millrace.kafka.codecs');

/**
 * Registers the four codecs, each with a limit, in kafkajs' own table.
 *
 * Once per process; calling it again is harmless. Without it one compressed record stops a
 * consumer for good, whoever wrote it.
 *
 * @throws {CodecMissingError} CODEC_MISSING when a codec cannot be loaded; retryable: no.
 */
export async function registerCodecs(limitBytes: number = MAX_DECOMPRESSED_BYTES): Promise<void> {
  const table = CompressionCodecs as typeof CompressionCodecs & { [REGISTERED]?: Promise<void> };
  table[REGISTERED] ??= register(limitBytes);
  await table[REGISTERED];
}

async function register(limitBytes: number): Promise<void> {
  const zstd = await loadZstd();
  const codecs = {
    [CompressionTypes.GZIP]: gzipCodec(limitBytes),
    [CompressionTypes.Snappy]: snappyCodec(limitBytes),
    [CompressionTypes.LZ4]: lz4Codec(limitBytes),
    [CompressionTypes.ZSTD]: zstdCodec(zstd, limitBytes),
  };
  for (const [type, codec] of Object.entries(codecs)) {
    (CompressionCodecs as Record<number, unknown>)[Number(type)] = () => codec;
  }
}
