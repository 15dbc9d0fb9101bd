import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { BSON } from 'mongodb';

/**
 * A server of the MongoDB wire protocol that acknowledges every write and keeps nothing.
 *
 * Runs as a child process: its CPU is not in the figures. Sends its port to the parent.
 *
 * @see MongoDB manual, "MongoDB Wire Protocol", OP_MSG
 */
const HEADER_BYTES = 16;
const OP_REPLY = 1;
const OP_MSG = 2013;
const OP_QUERY = 2004;

let port = 0;

function hello(): BSON.Document {
  const me = `127.0.0.1:${port}`;
  return {
    helloOk: true,
    isWritablePrimary: true,
    ismaster: true,
    setName: 'rs0',
    setVersion: 1,
    hosts: [me],
    me,
    primary: me,
    maxBsonObjectSize: 16_777_216,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId: 1,
    minWireVersion: 0,
    maxWireVersion: 25,
    readOnly: false,
    ok: 1,
  };
}

/** Counts the documents of an OP_MSG and finds the name of its command. */
function readCommand(message: Buffer): { command: string; documents: number } {
  let command = '';
  let documents = 0;
  // Four bytes of flags follow the header.
  for (let at = HEADER_BYTES + 4; at < message.length;) {
    const kind = message[at];
    const length = message.readInt32LE(at + 1);
    if (kind === 0) {
      command = message.toString('latin1', at + 6, message.indexOf(0, at + 6));
    } else {
      let document = message.indexOf(0, at + 5) + 1;
      for (; document < at + 1 + length; document += message.readInt32LE(document)) documents += 1;
    }
    at += 1 + length;
  }
  return { command, documents };
}

function answer(message: Buffer): BSON.Document {
  const { command, documents } = readCommand(message);
  switch (command) {
    case 'hello':
    case 'ismaster':
    case 'isMaster':
      return hello();
    case 'insert':
      return { n: documents, ok: 1 };
    case 'update':
      return { n: documents, nModified: documents, ok: 1 };
    default:
      return { ok: 1 };
  }
}

function reply(socket: Socket, message: Buffer): void {
  const isLegacy = message.readInt32LE(12) === OP_QUERY;
  const body = Buffer.from(BSON.serialize(isLegacy ? hello() : answer(message)));
  const prefix = Buffer.alloc(isLegacy ? 36 : 21);
  prefix.writeInt32LE(prefix.length + body.length, 0);
  prefix.writeInt32LE(message.readInt32LE(4), 8);
  prefix.writeInt32LE(isLegacy ? OP_REPLY : OP_MSG, 12);
  if (isLegacy) prefix.writeInt32LE(1, 32);
  socket.write(Buffer.concat([prefix, body]));
}

function serve(socket: Socket): void {
  let pending = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= 4 && pending.length >= pending.readInt32LE(0)) {
      const length = pending.readInt32LE(0);
      reply(socket, pending.subarray(0, length));
      pending = pending.subarray(length);
    }
  });
}

const server = createServer(serve).listen(0, '127.0.0.1', () => {
  port = (server.address() as AddressInfo).port;
  process.send?.(port);
});
process.on('disconnect', () => process.exit(0));
