import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { BrokerConnection } from './broker.connection';

const frame = Buffer.from([0, 0, 0, 1, 7]);
const never = new AbortController().signal;

describe('BrokerConnection [P26]', () => {
  let server: Server;
  let broker: Socket;
  let socket: Socket;
  let connection: BrokerConnection;
  /** What kafkajs would see. */
  let seen: string[];

  beforeEach(async () => {
    server = createServer((accepted) => (broker = accepted)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    connection = new BrokerConnection(socket, 0);
    seen = [];
    for (const event of ['end', 'error'] as const) socket.on(event, () => seen.push(event));
    socket.on('data', () => seen.push('data'));
    await once(socket, 'connect');
    if (broker === undefined) await once(server, 'connection');
  });
  afterEach(async () => {
    socket.destroy();
    broker.destroy();
    server.close();
    await once(server, 'close');
  });

  const ask = async () => {
    const received = once(broker, 'data');
    socket.write(frame);
    await received;
  };

  it('leaves at once when no answer is awaited, and is seen to end once', async () => {
    expect(await connection.leave(never)).toBe(true);
    if (!socket.closed) await once(socket, 'close');
    expect(seen).toEqual(['end']);
  });

  it('gives the answer first, and is never written to again', async () => {
    await ask();
    const leaving = connection.leave(never);
    broker.write(frame.subarray(0, 4));
    await once(socket, 'data');
    expect(connection.awaitedCount).toBe(1);
    broker.write(frame.subarray(4));
    expect(await leaving).toBe(true);
    expect(seen).toEqual(['data', 'data', 'end']);
    // What comes late would hit the next connection of kafkajs.
    socket.emit('end');
    socket.emit('error', new Error('late'));
    if (!socket.closed) await once(socket, 'close');
    expect(seen).toEqual(['data', 'data', 'end']);
  });

  it('waits for the last of several answers', async () => {
    await ask();
    await ask();
    const leaving = connection.leave(never);
    broker.write(frame);
    await once(socket, 'data');
    expect(seen).toEqual(['data']);
    broker.write(frame);
    expect(await leaving).toBe(true);
  });

  it('is cut when the answer does not come in time', async () => {
    await ask();
    const enough = new AbortController();
    const leaving = connection.leave(enough.signal);
    enough.abort();
    expect(await leaving).toBe(false);
    while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual(['error']);
  });

  it('has left already when the broker closed it', async () => {
    socket.destroy();
    await once(socket, 'close');
    expect(await connection.leave(never)).toBe(true);
    expect(connection.isOpen).toBe(false);
  });
});
