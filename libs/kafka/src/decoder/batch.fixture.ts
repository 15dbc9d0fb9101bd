import { crc32c } from './crc32c';

/** A record to encode, with what an honest client could write and what only a hostile one would. */
export interface RecordToEncode {
  readonly offsetDelta?: number;
  readonly timestampDeltaMs?: bigint;
  readonly key?: Buffer | null;
  readonly value?: Buffer | null;
  readonly headers?: ReadonlyArray<readonly [name: string, value: Buffer | null]>;
}

export interface BatchToEncode {
  readonly baseOffset?: bigint;
  readonly firstTimestampMs?: bigint;
  readonly maxTimestampMs?: bigint;
  /** Codec, time and transaction bits. */
  readonly attributes?: number;
  readonly producerId?: bigint;
  readonly records: readonly RecordToEncode[];
  /** Said in place of the number of records. */
  readonly recordCount?: number;
  readonly lastOffsetDelta?: number;
  readonly magic?: number;
  /** Turns the bytes of the records into what is sent. */
  readonly compress?: (records: Buffer) => Buffer;
}

/** Encodes a record batch of format 2, byte by byte, so that a test can also encode a wrong one. */
export function encodeBatch(batch: BatchToEncode): Buffer {
  const { records, compress = (bytes: Buffer) => bytes } = batch;
  const encoded = Buffer.concat(records.map((record, index) => encodeRecord(record, index)));
  const body = Buffer.concat([bodyHeader(batch), compress(encoded)]);
  const head = Buffer.alloc(21);
  head.writeBigInt64BE(batch.baseOffset ?? 0n, 0);
  head.writeInt32BE(9 + body.length, 8);
  head.writeInt8(batch.magic ?? 2, 16);
  head.writeUInt32BE(crc32c(body, 0, body.length), 17);
  return Buffer.concat([head, body]);
}

function bodyHeader(batch: BatchToEncode): Buffer {
  const header = Buffer.alloc(40);
  const count = batch.records.length;
  const first = batch.firstTimestampMs ?? 1_700_000_000_000n;
  header.writeInt16BE(batch.attributes ?? 0, 0);
  header.writeInt32BE(batch.lastOffsetDelta ?? Math.max(0, count - 1), 2);
  header.writeBigInt64BE(first, 6);
  header.writeBigInt64BE(batch.maxTimestampMs ?? first, 14);
  header.writeBigInt64BE(batch.producerId ?? -1n, 22);
  header.writeInt16BE(-1, 30);
  header.writeInt32BE(-1, 32);
  header.writeInt32BE(batch.recordCount ?? count, 36);
  return header;
}

function encodeRecord(record: RecordToEncode, index: number): Buffer {
  const { key = null, value = null, headers = [] } = record;
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(record.timestampDeltaMs ?? 0n),
    varint(BigInt(record.offsetDelta ?? index)),
    varBytes(key),
    varBytes(value),
    varint(BigInt(headers.length)),
    ...headers.flatMap(([name, content]) => [varBytes(Buffer.from(name)), varBytes(content)]),
  ]);
  return Buffer.concat([varint(BigInt(body.length)), body]);
}

function varBytes(bytes: Buffer | null): Buffer {
  if (bytes === null) return varint(-1n);
  return Buffer.concat([varint(BigInt(bytes.length)), bytes]);
}

function varint(value: bigint): Buffer {
  let raw = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  while (raw > 0x7fn) {
    bytes.push(Number(raw & 0x7fn) | 0x80);
    raw >>= 7n;
  }
  bytes.push(Number(raw));
  return Buffer.from(bytes);
}
