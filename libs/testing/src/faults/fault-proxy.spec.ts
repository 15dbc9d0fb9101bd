import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { eventually } from '../eventually';
import { FakeClock } from '../fake-clock';
import { FaultProxy } from './fault-proxy';

/** A client's socket, and what has come of it. */
interface Peer {
  readonly socket: Socket;
  readonly text: () => string;
  readonly fate: () => string;
}

function peer(socket: Socket): Peer {
  let received = '';
  let fate = 'open';
  socket.on('data', (bytes) => (received += bytes.toString()));
  socket.on('end', () => (fate = 'ended'));
  socket.on('error', (error: NodeJS.ErrnoException) => (fate = error.code ?? 'error'));
  return { socket, text: () => received, fate: () => fate };
}

describe('FaultProxy', () => {
  let server: Server;
  let served: Peer[];
  let proxy: FaultProxy;
  let clients: Socket[];

  const open = async (clock?: FakeClock) => {
    const { port } = server.address() as AddressInfo;
    proxy = await FaultProxy.to(`127.0.0.1:${port}`, clock === undefined ? {} : { clock });
  };
  const join = async (): Promise<[client: Peer, server: Peer]> => {
    const before = served.length;
    const socket = connect(proxy.port, '127.0.0.1');
    clients.push(socket);
    const client = peer(socket);
    await once(socket, 'connect');
    return [client, (await eventually(() => served[before])) as Peer];
  };

  beforeEach(async () => {
    served = [];
    clients = [];
    server = createServer({ allowHalfOpen: true }, (socket) => served.push(peer(socket)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await open();
  });
  afterEach(async () => {
    await proxy.close();
    for (const socket of [...clients, ...served.map((each) => each.socket)]) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('passes every byte and the end of each direction', async () => {
    const [client, remote] = await join();
    const long = 'x'.repeat(3_000_000);
    client.socket.end(long);
    await eventually(() => remote.fate() === 'ended');
    expect(remote.text()).toBe(long);
    remote.socket.end('answer');
    await eventually(() => client.fate() === 'ended');
    expect(client.text()).toBe('answer');
    await eventually(() => proxy.connectionCount === 0);
  });

  it('cuts open connections on both sides in an orderly way, and takes new ones [DX-03]', async () => {
    const [client, remote] = await join();
    proxy.cut();
    await eventually(() => client.fate() === 'ended' && remote.fate() === 'ended');
    const [again, other] = await join();
    again.socket.write('hello');
    await eventually(() => other.text() === 'hello');
  });

  it('resets open connections on both sides [DX-03]', async () => {
    const [client, remote] = await join();
    proxy.reset();
    await eventually(() => client.fate() === 'ECONNRESET' && remote.fate() === 'ECONNRESET');
  });

  it('refuses new connections and leaves open ones alone, until mended [DX-03]', async () => {
    const [client, remote] = await join();
    proxy.break({ refuse: true });
    const refused = peer(connect(proxy.port, '127.0.0.1'));
    await eventually(() => refused.fate() === 'ECONNRESET');
    client.socket.write('still here');
    await eventually(() => remote.text() === 'still here');
    proxy.mend();
    await join();
  });

  it('resets open and new connections while the server is down [DX-03]', async () => {
    const [client] = await join();
    proxy.down();
    const refused = peer(connect(proxy.port, '127.0.0.1'));
    await eventually(() => client.fate() === 'ECONNRESET' && refused.fate() === 'ECONNRESET');
    proxy.mend();
    await join();
  });

  it('is half-open: takes bytes, delivers none, and hides the end of the other side [DX-03]', async () => {
    const [client, remote] = await join();
    proxy.break({ swallow: 'both' });
    client.socket.write('lost');
    remote.socket.end('lost too');
    const [late, lateRemote] = await join();
    late.socket.write('also lost');
    await eventually(() => proxy.lostBytes === 'lostlost tooalso lost'.length);
    proxy.mend();
    // What has lost bytes cannot go on, and is told so; nothing of it ever arrives.
    await eventually(() => client.fate() === 'ECONNRESET' && late.fate() === 'ECONNRESET');
    expect([client, remote, lateRemote].map(({ text }) => text())).toEqual(['', '', '']);
  });

  it('is cut in one way: the other direction goes on [DX-03]', async () => {
    const [client, remote] = await join();
    proxy.break({ swallow: 'to-client' });
    remote.socket.write('never seen');
    client.socket.write('question');
    await eventually(() => remote.text() === 'question');
    expect(client.text()).toBe('');
    expect(client.fate()).toBe('open');
  });

  it('is quiet about a client that vanished while the line is dead [DX-03]', async () => {
    const [client, remote] = await join();
    proxy.break({ swallow: 'both' });
    client.socket.resetAndDestroy();
    const [, other] = await join();
    expect(remote.fate()).toBe('open');
    proxy.mend();
    await eventually(() => remote.fate() === 'ECONNRESET');
    expect(other.fate()).toBe('open');
  });

  it('delays what passes, in order, until mended [DX-03]', async () => {
    await proxy.close();
    const clock = new FakeClock();
    await open(clock);
    const [client, remote] = await join();
    proxy.break({ delayMs: 2_000 });
    client.socket.write('one ');
    await eventually(() => clock.pendingTimers === 1);
    await clock.advance(1_999);
    proxy.mend();
    client.socket.end('two');
    await eventually(() => clock.pendingTimers === 2);
    expect(remote.text()).toBe('');
    await clock.advance(1);
    await eventually(() => remote.fate() === 'ended');
    expect(remote.text()).toBe('one two');
  });

  it('passes at most so many bytes a second, and holds the sender back [DX-03]', async () => {
    await proxy.close();
    const clock = new FakeClock();
    await open(clock);
    const [client, remote] = await join();
    proxy.break({ bytesPerSecond: 100_000 });
    client.socket.write('x'.repeat(20_000_000));
    await eventually(() => clock.pendingTimers > 3);
    for (let second = 0; second < 4; second += 1) {
      await clock.advance(1_000);
      await eventually(() => clock.pendingTimers > 0);
    }
    expect(remote.text().length).toBeLessThanOrEqual(400_000);
    expect(client.socket.writableLength).toBeGreaterThan(0);
  });

  it('tells a client that the server is not there', async () => {
    await new Promise((resolve) => server.close(resolve));
    const client = peer(connect(proxy.port, '127.0.0.1'));
    await eventually(() => client.fate() === 'ECONNRESET');
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  it('leaves no socket and no timer behind [DX-03]', async () => {
    await proxy.close();
    const clock = new FakeClock();
    await open(clock);
    const [client] = await join();
    proxy.break({ delayMs: 5_000 });
    client.socket.write('on its way');
    await eventually(() => clock.pendingTimers === 1);
    await proxy.close();
    expect(clock.pendingTimers).toBe(0);
    expect(proxy.connectionCount).toBe(0);
    await eventually(() => client.fate() === 'ECONNRESET');
    await open();
  });
});
