import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { SocketRegistry } from './kafka.socket';

describe('SocketRegistry', () => {
  let server: Server;
  let port: number;
  const accepted: Socket[] = [];

  beforeAll(async () => {
    server = createServer((socket) => accepted.push(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });

  afterAll(async () => {
    for (const socket of accepted) socket.destroy();
    server.close();
    await once(server, 'close');
  });

  const connect = async (sockets: SocketRegistry): Promise<Socket> => {
    const socket = sockets.factory({
      host: '127.0.0.1',
      port,
      ssl: null as never,
      onConnect: () => undefined,
    });
    await once(socket, 'connect');
    return socket;
  };

  it('knows what is open, and forgets what was closed', async () => {
    const sockets = new SocketRegistry();
    const socket = await connect(sockets);
    expect(sockets.openCount).toBe(1);
    socket.destroy();
    await once(socket, 'close');
    expect(sockets.openCount).toBe(0);
  });

  it('destroys everything with an error, so that no request waits any longer [P13]', async () => {
    const sockets = new SocketRegistry();
    const pair = [await connect(sockets), await connect(sockets)];
    const errors = pair.map((socket) => once(socket, 'error'));
    sockets.close();
    for (const [error] of await Promise.all(errors)) {
      expect(error).toMatchObject({ message: 'closed by this service' });
    }
    expect(sockets.openCount).toBe(0);
  });

  it('closes without an error behind a client that has closed', async () => {
    const sockets = new SocketRegistry();
    const socket = await connect(sockets);
    const failed = jest.fn();
    socket.on('error', failed);
    sockets.close(true);
    await once(socket, 'close');
    expect(failed).not.toHaveBeenCalled();
  });

  it('opens nothing any more once it is closed', () => {
    const sockets = new SocketRegistry();
    sockets.close();
    expect(() =>
      sockets.factory({ host: '127.0.0.1', port, ssl: null as never, onConnect: () => undefined }),
    ).toThrow('closed by this service');
  });

  it('[P26] begins TLS with the material of the moment', async () => {
    const context = jest.fn(() => createSecureContext());
    const sockets = new SocketRegistry(context);
    const socket = sockets.factory({
      host: '127.0.0.1',
      port,
      ssl: {},
      onConnect: () => undefined,
    });
    expect(context).toHaveBeenCalledTimes(1);
    socket.on('error', () => undefined);
    const known = accepted.length;
    while (accepted.length === known) await once(server, 'connection');
    const [hello] = (await once(accepted.at(-1) as Socket, 'data')) as [Buffer];
    // A TLS handshake record begins with 22.
    expect(hello[0]).toBe(22);
    sockets.close();
  });
});
