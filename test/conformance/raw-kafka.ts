import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { crc32 } from './crc32c';

const PRODUCE = 0;
const DESCRIBE_LOG_DIRS = 35;
const DEADLINE_MS = 30_000;

const int16 = (value: number): Buffer => Buffer.of(value >> 8, value);
const int32 = (value: number): Buffer => Buffer.of(value >> 24, value >> 16, value >> 8, value);

/** A record to write; what is left out is null. */
export interface RawRecord {
  readonly value?: Buffer;
  readonly headers?: ReadonlyArray<readonly [name: string, value: string]>;
}

/** A record batch of format 2 at offset 0, as the brokers accept it. */
export function rawBatch(
  records: readonly RawRecord[],
  codec = 0,
  pack?: (b: Buffer) => Buffer,
): Buffer {
  const body = Buffer.concat(records.map(encodeRecord));
  const head = Buffer.alloc(40);
  head.writeInt16BE(codec, 0);
  head.writeInt32BE(records.length - 1, 2);
  head.writeBigInt64BE(BigInt(Date.now()), 6);
  head.writeBigInt64BE(BigInt(Date.now()), 14);
  head.writeBigInt64BE(-1n, 22);
  head.writeInt16BE(-1, 30);
  head.writeInt32BE(-1, 32);
  head.writeInt32BE(records.length, 36);
  const checked = Buffer.concat([head, pack === undefined ? body : pack(body)]);
  const frame = Buffer.alloc(21);
  frame.writeInt32BE(9 + checked.length, 8);
  frame.writeInt32BE(-1, 12);
  frame.writeInt8(2, 16);
  frame.writeUInt32BE(crc32(checked), 17);
  return Buffer.concat([frame, checked]);
}

/**
 * Appends a record batch byte by byte, which no client does.
 *
 * @returns its first offset.
 */
export async function produceRaw(
  broker: string,
  topic: string,
  partition: number,
  batch: Buffer,
): Promise<bigint> {
  const body = [int16(-1), int16(-1), int32(20_000), int32(1), text(topic), int32(1)];
  const answer = await call(broker, PRODUCE, 3, [
    ...body,
    int32(partition),
    int32(batch.length),
    batch,
  ]);
  const at = 4 + 2 + Buffer.byteLength(topic) + 4 + 4;
  const errorCode = answer.readInt16BE(at);
  if (errorCode !== 0) throw new Error(`the broker refused the batch with code ${errorCode}`);
  return answer.readBigInt64BE(at + 2);
}

/** Changes bytes of a log on the disk of a local broker: what a bad disk does. */
export async function damageLog(
  broker: string,
  topic: string,
  damage: (log: Buffer) => void,
): Promise<void> {
  const answer = await call(broker, DESCRIBE_LOG_DIRS, 1, [int32(-1)]);
  // Throttle time, number of directories, error code: then the first directory.
  const length = answer.readInt16BE(10);
  const directory = answer.toString('utf8', 12, 12 + length);
  const file = await open(join(directory, `${topic}-0`, '00000000000000000000.log'), 'r+');
  try {
    const log = await file.readFile();
    damage(log);
    await file.write(log, 0, log.length, 0);
  } finally {
    await file.close();
  }
}

async function call(broker: string, apiKey: number, version: number, body: readonly Buffer[]) {
  const [host = '127.0.0.1', port] = broker.split(':');
  const socket = connect({ host, port: Number(port) });
  socket.setTimeout(DEADLINE_MS, () => socket.destroy(new Error('the broker did not answer')));
  try {
    await once(socket, 'connect');
    const request = Buffer.concat([int16(apiKey), int16(version), int32(1), text('raw'), ...body]);
    socket.write(Buffer.concat([int32(request.length), request]));
    let received = Buffer.alloc(0);
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk as Buffer]);
      if (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) break;
    }
    // Length and correlation id.
    return received.subarray(8);
  } finally {
    socket.destroy();
  }
}

function encodeRecord({ value, headers = [] }: RawRecord, delta: number): Buffer {
  const fields = [
    Buffer.from([0, 0]),
    varint(delta),
    varint(-1),
    value === undefined ? varint(-1) : Buffer.concat([varint(value.length), value]),
    varint(headers.length),
    ...headers
      .flat()
      .map((part) => Buffer.concat([varint(Buffer.byteLength(part)), Buffer.from(part)])),
  ];
  const body = Buffer.concat(fields);
  return Buffer.concat([varint(body.length), body]);
}

/** A zigzag number of variable length. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let raw = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; raw > 0x7f; raw >>>= 7) bytes.push((raw & 0x7f) | 0x80);
  return Buffer.from([...bytes, raw]);
}

function text(value: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
}
