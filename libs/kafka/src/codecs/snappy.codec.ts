import { compress, uncompress } from 'snappyjs';
import { decompressionError, refuseBeyond } from './codec';
import type { Codec } from './codec';

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

/**
 * Snappy with a limit; reads raw blocks and the xerial framing of the Java client, writes raw.
 *
 * Each block says its size at its head, so a batch is refused before anything is allocated.
 *
 * @see https://github.com/google/snappy/blob/main/format_description.txt
 */
export function snappyCodec(limitBytes: number): Codec {
  return {
    compress: (encoder) => Promise.resolve(compress(encoder.buffer)),
    decompress: (compressed) => Promise.resolve().then(() => decompress(compressed, limitBytes)),
  };
}

function decompress(compressed: Buffer, limitBytes: number): Buffer {
  try {
    const blocks = isXerial(compressed) ? xerialBlocks(compressed) : [compressed];
    refuseBeyond(
      limitBytes,
      blocks.reduce((sum, block) => sum + sizeOf(block), 0),
      'snappy',
    );
    const parts = blocks.map((block) => uncompress(block, limitBytes));
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  } catch (error) {
    throw decompressionError('snappy', error);
  }
}

function isXerial(compressed: Buffer): boolean {
  return compressed.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC);
}

function xerialBlocks(compressed: Buffer): readonly Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < compressed.length;) {
    const size = compressed.readInt32BE(at);
    const end = at + 4 + size;
    if (size < 0 || end > compressed.length) throw new RangeError('a block ends behind the batch');
    blocks.push(compressed.subarray(at + 4, end));
    at = end;
  }
  return blocks;
}

/** Reads the varint at the head of a block: its uncompressed size. */
function sizeOf(block: Buffer): number {
  let size = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = block[index];
    if (byte === undefined) break;
    size += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return size;
  }
  throw new RangeError('a block without a size');
}
