import { CompressionCodecs } from 'kafkajs';
import type { Codec } from '../codecs/codec';
import {
  CodecMissingError,
  BatchChecksumError,
  BatchCorruptError,
  BatchTooManyRecordsError,
} from '../errors/codec.errors';
import { BATCH_MAGIC } from './batch-frame';
import type { BatchFrame } from './batch-frame';
import type { Breather } from './breather';
import { crc32c } from './crc32c';
import type { LeanRecord } from './lean-record';
import { RecordReader } from './record.reader';

/** Records of one batch; unit records. */
export const MAX_BATCH_RECORDS = 100_000;
const STRETCH_RECORDS = 2_000;

export interface BatchDecoderOptions {
  /** Compares checksums; about 2 us per KB. */
  readonly verifyCrc: boolean;
  readonly breather: Breather;
}

export interface DecodedBatch {
  readonly records: LeanRecord[];
  /** After decompression; unit bytes. */
  readonly bytes: number;
}

/**
 * Decodes one record batch.
 *
 * @param first - records below this offset are left out.
 * @throws {MillraceError} BATCH_CHECKSUM, BATCH_TOO_MANY_RECORDS, BATCH_CORRUPT,
 * CODEC_MISSING, CODEC_CORRUPT or CODEC_OUTPUT_TOO_LARGE; retryable: no.
 */
export async function decodeBatch(
  frame: BatchFrame,
  first: bigint,
  { verifyCrc, breather }: BatchDecoderOptions,
): Promise<DecodedBatch> {
  check(frame, verifyCrc);
  const bytes = frame.codec === 0 ? frame.payload : await decompress(frame);
  const records: LeanRecord[] = [];
  try {
    const reader = new RecordReader(frame, bytes);
    while (reader.read(STRETCH_RECORDS, first, records)) {
      if (breather.isDue) await breather.breathe();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BatchCorruptError({
      message: `the batch at offset ${frame.baseOffset} cannot be decoded: ${reason}`,
      cause: error,
    });
  }
  return { records, bytes: bytes.length };
}

function check(frame: BatchFrame, verifyCrc: boolean): void {
  const { baseOffset, magic, recordCount, crc, checked } = frame;
  if (magic !== BATCH_MAGIC) {
    throw new BatchCorruptError({
      message: `the batch at offset ${baseOffset} has format ${magic}, only ${BATCH_MAGIC} is read`,
    });
  }
  if (verifyCrc && crc32c(checked) !== crc) {
    throw new BatchChecksumError({
      message: `the checksum of the batch at offset ${baseOffset} does not match`,
    });
  }
  if (recordCount > MAX_BATCH_RECORDS) {
    throw new BatchTooManyRecordsError({
      message: `the batch at offset ${baseOffset} has ${recordCount} records, the limit is ${MAX_BATCH_RECORDS}`,
    });
  }
  if (recordCount < 0) {
    throw new BatchCorruptError({
      message: `the batch at offset ${baseOffset} has a negative number of records`,
    });
  }
}

/** By the table of the client, where ours with their limits are registered. */
async function decompress({ codec, payload, recordCount, baseOffset }: BatchFrame) {
  // Compaction leaves an empty batch without a compressed body.
  if (recordCount === 0) return payload.subarray(0, 0);
  return codecOf(codec, baseOffset).decompress(payload);
}

function codecOf(type: number, baseOffset: bigint): Codec {
  const known = CompressionCodecs as Readonly<Record<number, (() => Codec) | undefined>>;
  let cause: unknown;
  try {
    const codec = known[type]?.();
    if (codec !== undefined) return codec;
  } catch (error) {
    cause = error;
  }
  throw new CodecMissingError({
    message: `the batch at offset ${baseOffset} is compressed with codec ${type}, which is not loaded`,
    cause,
  });
}
