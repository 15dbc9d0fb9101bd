import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { eventually } from '../eventually';
import { BrokerProxies } from './broker-proxies';

const text = (value: string | null) => {
  const body = Buffer.from(value ?? '');
  const size = Buffer.alloc(2);
  size.writeInt16BE(value === null ? -1 : body.length);
  return Buffer.concat([size, body]);
};
const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const int16 = (value: number) => int32(value).subarray(2);
const frame = (...parts: readonly Buffer[]) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([int32(body.length), body]);
};
const request = (api: number, version: number, correlation: number) =>
  frame(int16(api), int16(version), int32(correlation), text('client'), Buffer.from('body'));

/** A reset is an error first; `once` of Node would throw it. */
const closing = (socket: Socket) =>
  new Promise<void>((resolve) => socket.once('close', () => resolve()));

/** A server that speaks only what the test tells it to. */
async function scriptedBroker(): Promise<{ server: Server; port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    sockets.push(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, sockets, port: (server.address() as AddressInfo).port };
}

describe('BrokerProxies', () => {
  let broker: Awaited<ReturnType<typeof scriptedBroker>>;
  let proxies: BrokerProxies;
  let client: Socket;
  let received: Buffer;

  beforeEach(async () => {
    broker = await scriptedBroker();
    proxies = await BrokerProxies.before([`127.0.0.1:${broker.port}`]);
    client = await connected();
  });
  afterEach(async () => {
    client.destroy();
    await proxies.close();
    for (const socket of broker.sockets) socket.destroy();
    await new Promise((resolve) => broker.server.close(resolve));
  });

  async function connected(): Promise<Socket> {
    received = Buffer.alloc(0);
    const [host, port] = (proxies.addresses[0] ?? '').split(':');
    const socket = connect(Number(port), host);
    socket.on('data', (bytes) => (received = Buffer.concat([received, bytes])));
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    await eventually(() => broker.sockets.length > 0);
    return socket;
  }

  /** Asks, waits until the broker has heard, answers in pieces. */
  async function exchange(asked: Buffer, answer: Buffer): Promise<Buffer> {
    const [socket] = broker.sockets;
    const heard = socket === undefined ? null : once(socket, 'data');
    client.write(asked);
    expect((await heard)?.[0]).toEqual(asked);
    socket?.write(answer.subarray(0, 3));
    await new Promise((resolve) => setImmediate(resolve));
    socket?.write(answer.subarray(3));
    await eventually(() => received.length >= 4 && received.length >= 4 + received.readInt32BE(0));
    return received;
  }

  const rest = Buffer.from('topics and so on');
  const at = (port: number, host = '127.0.0.1') => Buffer.concat([text(host), int32(port)]);
  const own = () => at(Number(proxies.addresses[0]?.split(':')[1]));

  it('puts its own addresses into the metadata, and nothing else [DX-03]', async () => {
    const metadata = (address: Buffer) =>
      frame(
        ...[int32(7), int32(50), int32(2)],
        ...[int32(1), address, text('rack-a')],
        ...[int32(2), address, text(null)],
        rest,
      );
    const answer = metadata(at(broker.port));
    expect(await exchange(request(3, 6, 7), answer)).toEqual(metadata(own()));
  });

  it('knows the first metadata, without throttle time and rack', async () => {
    const answer = frame(int32(7), int32(1), int32(1), at(broker.port, 'localhost'), rest);
    const expected = frame(int32(7), int32(1), int32(1), own(), rest);
    expect(await exchange(request(3, 0, 7), answer)).toEqual(expected);
  });

  it('puts its own address in the place of the coordinator', async () => {
    const before = [int32(9), int32(0), int16(0), text(null), int32(1)];
    const answer = frame(...before, at(broker.port));
    expect(await exchange(request(10, 2, 9), answer)).toEqual(frame(...before, own()));
  });

  it('leaves a coordinator that was not found as it is', async () => {
    const answer = frame(
      int32(9),
      int32(0),
      int16(15),
      text('none'),
      int32(-1),
      text(''),
      int32(-1),
    );
    expect(await exchange(request(10, 1, 9), answer)).toEqual(answer);
  });

  it('leaves other answers as they are, also those that look alike', async () => {
    const answer = frame(int32(7), int32(50), int32(1), int32(1), at(broker.port), rest);
    expect(await exchange(request(1, 6, 7), answer)).toEqual(answer);
  });

  it('leads nobody around the proxies: an address without one is a dead end that it names', async () => {
    const answer = frame(int32(7), int32(1), int32(1), at(4_242, 'elsewhere'), rest);
    const expected = frame(int32(7), int32(1), int32(1), at(1), rest);
    expect(await exchange(request(3, 0, 7), answer)).toEqual(expected);
    expect([...proxies.unknownAddresses]).toEqual(['elsewhere:4242']);
  });

  it('ends a connection whose bytes it cannot read', async () => {
    client.write('GET / HTTP/1.1\r\n\r\n');
    await closing(client);
    expect(proxies.connectionCount).toBe(0);
  });

  it('breaks and mends all of them, or one [DX-03]', async () => {
    proxies.break({ swallow: 'both' });
    client.write(request(3, 6, 1));
    const proxy = proxies.of(`127.0.0.1:${broker.port}`);
    await eventually(() => proxy.lostBytes > 0);
    const closed = closing(client);
    proxies.mend();
    await closed;
    client = await connected();
    const again = closing(client);
    proxy.down();
    await again;
    expect(() => proxies.of('127.0.0.1:1')).toThrow('no proxy stands before');
  });
});
