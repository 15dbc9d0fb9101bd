/** Bytes in front of the records of a batch of format 2; unit bytes. */
export const HEADER_BYTES = 61;
/** Offset and length: what the length field does not count; unit bytes. */
const LENGTH_END = 12;
const CRC_END = 21;

const CODEC_MASK = 0x07;
const LOG_APPEND_TIME_FLAG = 0x08;
const TRANSACTIONAL_FLAG = 0x10;
const CONTROL_FLAG = 0x20;

/** The format that brokers of 4.0 and newer know as the only one. */
export const BATCH_MAGIC = 2;

/**
 * The header of one record batch inside the bytes of a fetch. Nothing in it is trusted.
 *
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
export interface BatchFrame {
  readonly magic: number;
  readonly baseOffset: bigint;
  /** Last offset by the header, which compaction keeps. */
  readonly lastOffset: bigint;
  readonly crc: number;
  /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
  readonly codec: number;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  /** The time of the broker, which then holds for each record; null = each record has its own. */
  readonly appendedAtMs: number | null;
  readonly firstTimestampMs: number;
  readonly producerId: bigint;
  readonly recordCount: number;
  /** What the checksum covers. */
  readonly checked: Buffer;
  /** The records, as they are on the wire. */
  readonly payload: Buffer;
  /** Where the next batch begins. */
  readonly end: number;
}

/** What is at a place in the bytes of a fetch. */
export type FrameAt =
  | { readonly kind: 'frame'; readonly frame: BatchFrame }
  /** Cut off by the size of the fetch, or a length that cannot be right. */
  | { readonly kind: 'unusable' };

const UNUSABLE: FrameAt = { kind: 'unusable' };

/** Reads the header of the batch that begins at `at`. Never throws. */
export function frameAt(bytes: Buffer, at: number): FrameAt {
  if (bytes.length - at < HEADER_BYTES) return UNUSABLE;
  const end = at + LENGTH_END + bytes.readInt32BE(at + 8);
  // An old format has a shorter header: it is refused by its magic, not by its length.
  const magic = bytes.readInt8(at + 16);
  const isTooShort = magic === BATCH_MAGIC ? end < at + HEADER_BYTES : end <= at + LENGTH_END;
  if (isTooShort || end > bytes.length) return UNUSABLE;
  return { kind: 'frame', frame: readFrame(bytes, at, end, magic) };
}

function readFrame(bytes: Buffer, at: number, end: number, magic: number): BatchFrame {
  const attributes = bytes.readInt16BE(at + 21);
  const baseOffset = bytes.readBigInt64BE(at);
  const lastOffsetDelta = magic === BATCH_MAGIC ? bytes.readInt32BE(at + 23) : 0;
  return {
    magic,
    baseOffset,
    lastOffset: baseOffset + BigInt(Math.max(0, lastOffsetDelta)),
    crc: bytes.readUInt32BE(at + 17),
    codec: attributes & CODEC_MASK,
    isTransactional: (attributes & TRANSACTIONAL_FLAG) !== 0,
    isControl: (attributes & CONTROL_FLAG) !== 0,
    appendedAtMs:
      (attributes & LOG_APPEND_TIME_FLAG) === 0 ? null : Number(bytes.readBigInt64BE(at + 35)),
    firstTimestampMs: Number(bytes.readBigInt64BE(at + 27)),
    producerId: bytes.readBigInt64BE(at + 43),
    recordCount: magic === BATCH_MAGIC ? bytes.readInt32BE(at + 57) : 1,
    checked: bytes.subarray(at + CRC_END, end),
    payload: bytes.subarray(at + HEADER_BYTES, end),
    end,
  };
}

/**
 * The range that a batch with an unusable length seems to cover.
 *
 * @returns null when not even that can be told.
 */
export function suspectedRange(bytes: Buffer, at: number): { first: bigint; last: bigint } | null {
  if (bytes.length - at < 27 || bytes.readInt8(at + 16) !== BATCH_MAGIC) return null;
  const first = bytes.readBigInt64BE(at);
  const delta = bytes.readInt32BE(at + 23);
  return delta < 0 ? null : { first, last: first + BigInt(delta) };
}
