import { compressFrame, decompressFrame } from 'lz4-napi';
import { decompressionError, refuseBeyond } from './codec';
import type { Codec } from './codec';

const FRAME_MAGIC = 0x184d2204;
const BLOCK_MAX_BYTES: Readonly<Record<number, number>> = {
  4: 64 * 1024,
  5: 256 * 1024,
  6: 1024 * 1024,
  7: 4 * 1024 * 1024,
};
const STORED_BIT = 0x8000_0000;
const FLAG_BLOCK_CHECKSUM = 0x10;
const FLAG_CONTENT_SIZE = 0x08;
const FLAG_CONTENT_CHECKSUM = 0x04;
const FLAG_DICTIONARY = 0x01;

/**
 * LZ4 frames with a limit.
 *
 * The library has none, so the block headers are walked first: no block expands beyond the block
 * size that the frame declares.
 *
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
export function lz4Codec(limitBytes: number): Codec {
  return {
    compress: (encoder) => compressFrame(encoder.buffer),
    decompress: async (compressed) => {
      try {
        refuseBeyond(limitBytes, lz4BoundOf(compressed), 'lz4');
        return await decompressFrame(compressed);
      } catch (error) {
        throw decompressionError('lz4', error);
      }
    },
  };
}

/** An upper bound of what the frames expand to; unit bytes. Costs no decompression. */
export function lz4BoundOf(compressed: Buffer): number {
  let bound = 0;
  for (let at = 0; at < compressed.length;) {
    const frame = boundOfFrame(compressed, at);
    bound += frame.bound;
    at = frame.end;
  }
  return bound;
}

function boundOfFrame(bytes: Buffer, start: number): { bound: number; end: number } {
  if (bytes.readUInt32LE(start) !== FRAME_MAGIC) throw new RangeError('not an LZ4 frame');
  const flags = bytes.readUInt8(start + 4);
  const blockMax = BLOCK_MAX_BYTES[(bytes.readUInt8(start + 5) >> 4) & 0x07];
  if (blockMax === undefined) throw new RangeError('an unknown block size');
  let at = start + 6;
  let declared = 0;
  if ((flags & FLAG_CONTENT_SIZE) !== 0) {
    declared = Number(bytes.readBigUInt64LE(at));
    at += 8;
  }
  if ((flags & FLAG_DICTIONARY) !== 0) at += 4;
  at += 1;
  let bound = 0;
  for (;;) {
    const header = bytes.readUInt32LE(at);
    at += 4;
    if (header === 0) break;
    const size = header % STORED_BIT;
    bound += header >= STORED_BIT ? size : blockMax;
    at += size + ((flags & FLAG_BLOCK_CHECKSUM) === 0 ? 0 : 4);
  }
  if ((flags & FLAG_CONTENT_CHECKSUM) !== 0) at += 4;
  return { bound: Math.max(bound, declared), end: at };
}
