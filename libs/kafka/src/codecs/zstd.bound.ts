const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const COMPRESSED_BLOCK_MAX_BYTES = 128 * 1024;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;

/**
 * An upper bound of what the frames expand to; unit bytes. Costs no decompression.
 *
 * The content size of a frame counts when it is present. Otherwise the block headers are walked:
 * raw and run-length blocks say their size, a compressed block never expands beyond 128 KiB.
 *
 * @see RFC 8878, section 3.1.1
 */
export function zstdBoundOf(compressed: Buffer): number {
  let bound = 0;
  for (let at = 0; at < compressed.length;) {
    const magic = compressed.readUInt32LE(at);
    if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE_MAGIC) {
      at += 8 + compressed.readUInt32LE(at + 4);
      continue;
    }
    if (magic !== FRAME_MAGIC) throw new RangeError('not a zstd frame');
    const frame = boundOfFrame(compressed, at + 4);
    bound += frame.bound;
    at = frame.end;
  }
  return bound;
}

function boundOfFrame(bytes: Buffer, start: number): { bound: number; end: number } {
  const descriptor = bytes.readUInt8(start);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const hasChecksum = (descriptor & 0x04) !== 0;
  let at = start + 1 + (isSingleSegment ? 0 : 1);
  at += DICTIONARY_ID_BYTES[(descriptor & 0x03) as 0 | 1 | 2 | 3];
  const sizeFlag = descriptor >> 6;
  const declared = contentSize(bytes, at, sizeFlag, isSingleSegment);
  at += declared.fieldBytes;
  const blocks = walkBlocks(bytes, at);
  return {
    // A frame that lies about its size fails in the decoder, which never writes past it.
    bound: declared.size ?? blocks.bound,
    end: blocks.end + (hasChecksum ? 4 : 0),
  };
}

function contentSize(
  bytes: Buffer,
  at: number,
  flag: number,
  isSingleSegment: boolean,
): { size: number | null; fieldBytes: number } {
  switch (flag) {
    case 0:
      return isSingleSegment
        ? { size: bytes.readUInt8(at), fieldBytes: 1 }
        : { size: null, fieldBytes: 0 };
    case 1:
      return { size: bytes.readUInt16LE(at) + 256, fieldBytes: 2 };
    case 2:
      return { size: bytes.readUInt32LE(at), fieldBytes: 4 };
    default:
      return { size: Number(bytes.readBigUInt64LE(at)), fieldBytes: 8 };
  }
}

function walkBlocks(bytes: Buffer, start: number): { bound: number; end: number } {
  let bound = 0;
  for (let at = start; ;) {
    const header = bytes.readUIntLE(at, 3);
    const isLast = (header & 1) === 1;
    const type = (header >> 1) & 3;
    const size = header >> 3;
    // Raw and run-length blocks carry their regenerated size, a compressed one its stored size.
    bound += type === 2 ? COMPRESSED_BLOCK_MAX_BYTES : size;
    at += 3 + (type === 1 ? 1 : size);
    if (isLast) return { bound, end: at };
  }
}
